/* What the format cannot hold: refused, or left out and said. */
#ifndef MKXIP_FITS_H
#define MKXIP_FITS_H

#include "mkxip/tree.h"

/*
 * Names, owners, sizes, devices: does all of the tree fit? Of what does not, the last is in *error
 * and the others have been printed, up to a limit.
 */
bool tree_fits(const struct tree *t, struct error *error);

/*
 * Capabilities, access control lists and other extended attributes are left out. Says so, a line
 * for each kind; with `strict` it is an error, as with tree_fits.
 */
bool tree_loses(const struct tree *t, bool strict, struct error *error);

#endif
