/* mkxip --list. */
#ifndef MKXIP_LIST_H
#define MKXIP_LIST_H

#include "lib/cramfs.h"

/* Returns an exit status. */
int list_image(const struct cramfs *fs, bool json);

#endif
