/* The image's bytes. */
#ifndef MKXIP_WRITE_H
#define MKXIP_WRITE_H

#include "mkxip/content.h"
#include "mkxip/encode.h"
#include "mkxip/tree.h"

/*
 * Write the image to `path`: to a temporary file beside it, synced and renamed when it is whole, so
 * that the old image stays until then. A path that is there and no regular file is an error.
 */
bool image_write(const char *path, const struct tree *t, const struct contents *all,
		 const struct layout *l, const struct superblock_text *text, struct progress *p,
		 struct error *error);

/* Remove the temporary file, if there is one: for signal handlers. */
void image_write_abandon(void);

#endif
