/* The files of an import, while it is made. */
#ifndef XIPLD_TREE_H
#define XIPLD_TREE_H

#include "lib/cramfs.h"
#include "lib/xip_extents.h"
#include "lib/prelink.h"
#include "lib/sys.h"

/* Rows that grow, in scratch memory. */
struct tree_rows {
	char *bytes;
	size_t size, capacity;
};

struct tree {
	const struct cramfs *fs;
	int root; /* descriptor of the directory that the image's root becomes */
	uint64_t bytes_left, need; /* bytes that there are, and that it will take */
	uint32_t skipped; /* devices, pipes and sockets, which are not made */
	uint8_t *buffer;
	struct tree_rows files, runs; /* struct xip_file, struct xip_extent */
};

/* Go through the whole image, look at every block pointer, and add up what must be written, as long
 * as there is room for it. */
bool tree_measure(struct tree *t, struct error *error);

/*
 * Write all files below t->root. Names are the image's, so a name that is there already is an
 * error: nothing is ever written through what an entry before it made. An errno in error->number is
 * the store's, 0 is the image's.
 */
bool tree_write(struct tree *t, struct error *error);

/* Which file a path of the image is in the tree, symbolic links followed inside. Returns 0, or
 * -errno. */
int tree_stat(const struct tree *t, const char *path, struct file_id *id);

/* Open it as well, for reading: a descriptor, or -errno. */
int tree_open(const struct tree *t, const char *path, struct file_id *id);

/* Note the pages of a file that lie in the image: `*runs` becomes how many rows of t->runs tell it,
 * the last ones. */
bool tree_note_runs(struct tree *t, const struct cramfs_inode *inode, uint32_t *runs,
		    struct error *error);

/* Let the page cache forget what was written: most of it is mapped from the image, if at all. */
void tree_forget(struct tree *t);

/* Write the table of pages in place to an open file. */
bool tree_write_table(struct tree *t, int fd, struct error *error);

void tree_free(struct tree *t);

/* Remove a directory with all that is in it; what is not there is not missed. */
void tree_remove(int dir, const char *name);

#endif
