/* Where the program's heap begins: the memory of brk(2). */
#ifndef XIPLD_HEAP_START_H
#define XIPLD_HEAP_START_H

#include "elf/object.h"

/*
 * Where the kernel would have begun the heap of this program, had it started it itself: as far to
 * be guessed. For a static PIE, as the loader is one, it has one place, of which 18 bits are random
 * on x86-64; for another PIE the heap lies behind the program, which adds 28. `now` is where the
 * heap is. Asked again, the answer is the same.
 */
uintptr_t heap_start(const struct object *program, uintptr_t now);

#endif
