/* mkxip --check. */
#ifndef MKXIP_CHECK_H
#define MKXIP_CHECK_H

#include "lib/cramfs.h"

/* Returns an exit status. `given`: bytes that the file has. */
int check_image(const struct cramfs *fs, uint64_t given);

#endif
