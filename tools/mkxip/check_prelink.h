/* mkxip --check, of what --link put in. */
#ifndef MKXIP_CHECK_PRELINK_H
#define MKXIP_CHECK_PRELINK_H

#include "lib/cramfs.h"

/* The prelinked plans of an image, if it has any: how many errors were found, and reported. */
unsigned check_prelink(const struct cramfs *fs);

#endif
