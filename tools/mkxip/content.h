/* Contents: what files hold, each distinct one once, and its compressed blocks. */
#ifndef MKXIP_CONTENT_H
#define MKXIP_CONTENT_H

#include "mkxip/progress.h"
#include "mkxip/select.h"
#include "mkxip/tree.h"

/*
 * Read every regular file and symbolic link of the tree, join equal ones (node.content), and mark
 * what is selected. A file that is not as the tree has it (it is being written to) is an error.
 */
bool contents_collect(struct contents *all, struct tree *t, const struct selection *s,
		      struct progress *p, struct error *error);

/* Compress what is not selected: fills content.blocks and content.packed. */
bool contents_compress(struct contents *all, const struct tree *t, int level, struct progress *p,
		       struct error *error);

/* The bytes of a content into buf, of its size; an error if the file has changed meanwhile. */
bool content_load(const struct tree *t, const struct content *c, uint8_t *buf, struct error *error);

void contents_free(struct contents *all);

#endif
