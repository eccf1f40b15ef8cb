/*
 * What the loader's pure parts need of the rest when a fuzzer runs them: the linker's state, a heap
 * of malloc (so that the sanitizer knows every block's end), no other thread, no image, no store.
 */
#ifndef XIPLD_FUZZ_RTLD_STATE_H
#define XIPLD_FUZZ_RTLD_STATE_H

#include "rtld/rtld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Begin an input: the linker's state is empty, what the last input took of the heap is free. */
void fuzz_begin(void);

#endif
