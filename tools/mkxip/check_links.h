/* mkxip --check, of what --link put in. */
#ifndef MKXIP_CHECK_LINKS_H
#define MKXIP_CHECK_LINKS_H

#include "lib/cramfs.h"

/* The links of an image, if it has any: how many faults were found, and reported. */
unsigned check_links(const struct cramfs *fs);

#endif
