/* DIR/epoch: which region a store is for. Its format is in lib/store_format.h. No system calls. */
#ifndef XIPLD_EPOCH_H
#define XIPLD_EPOCH_H

#include "lib/store_format.h"

/* Fill *epoch, for this machine. */
void epoch_make(struct epoch_file *epoch, uint64_t number, uint64_t base, uint64_t size);

/* Is this file, of `size` bytes, as it was written, on whatever machine? NULL, or what is wrong:
 * the end of a sentence that begins with the file's name. */
const char *epoch_check_bytes(const struct epoch_file *epoch, size_t size);

/* And can it be used here? */
const char *epoch_check(const struct epoch_file *epoch, size_t size);

#endif
