/* mkxip --extract. */
#ifndef MKXIP_EXTRACT_H
#define MKXIP_EXTRACT_H

#include "lib/cramfs.h"

/* Returns an exit status. */
int extract_image(const struct cramfs *fs, const char *dir);

#endif
