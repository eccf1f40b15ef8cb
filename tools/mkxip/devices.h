/* Device tables, as genext2fs(8), mkcramfs and buildroot read them. */
#ifndef MKXIP_DEVICES_H
#define MKXIP_DEVICES_H

#include "mkxip/tree.h"

/*
 * Apply the table in `file` to the tree. A line is
 *	name type mode uid gid major minor start inc count
 * with type f (an existing file), d (a directory, made if missing), c, b (devices), p (a FIFO);
 *mode is octal; "-" is 0. With a count, devices name+start, name+(start+1) … are made, the minor
 *number going up by inc. Empty lines and those that begin with # are skipped.
 */
bool devices_apply(struct tree *t, const char *file, struct error *error);

#endif
