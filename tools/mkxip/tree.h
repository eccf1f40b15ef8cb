/* The tree of files that goes into an image. */
#ifndef MKXIP_TREE_H
#define MKXIP_TREE_H

#include "mkxip/image.h"

/* A tree and the directory that it was read from. Owns its nodes and the descriptor. */
struct tree {
	struct node *root;
	const char *source; /* the directory's name, for messages; the caller's */
	int fd;
	bool squash_owner;
	const char **excludes; /* patterns; the caller's */
	size_t nexcludes;
	/* the directory where the image will lie: it may not be scanned. 0, 0: not known */
	dev_t image_dev;
	ino_t image_dir;
	size_t files; /* nodes, with the root */
};

/* Open the source directory and make the root node. excludes etc. are set by the caller before. */
bool tree_open(struct tree *t, const char *source, struct error *error);
void tree_close(struct tree *t);

/* Add everything below `dir` that the source has there. Directories are read in any order; the
 * tree is sorted. */
bool tree_scan(struct tree *t, struct node *dir, struct error *error);

/*
 * Add the file at `path`, which is taken relative to the source as chroot(2) would: a leading slash
 * and ".." stay inside. Directories on the way and symbolic links are added too and followed.
 * Returns the node that the path leads to, or NULL with *error set (error ENOENT, ENOTDIR, ELOOP
 * if there is no such file).
 */
struct node *tree_add_path(struct tree *t, const char *path, struct error *error);

/* Where path leads, without adding anything: `real`, of size PATH_MAX, relative to the source.
 * False if there is no such file. */
bool tree_resolve(const struct tree *t, const char *path, char *real);

/* Is the path (in the image, from '/') one that is to be left out? */
bool tree_excludes(const struct tree *t, const char *path);

/* The child of that name, or NULL; insert: a new one in its place, name copied. */
struct node *node_child(const struct node *dir, const char *name);
struct node *node_insert(struct tree *t, struct node *dir, const char *name);

/* "/a/b" of a node ("/" of the root), as the image will have it. Returns buf, of size PATH_MAX. */
char *node_path(const struct node *n, char *buf);

/* Open a regular file of the tree for reading; -1 with errno set if that fails. */
int node_open(const struct tree *t, const struct node *n);

/* Call visit for every node, parents first, in the order of names; stops when it returns false. */
bool tree_walk(struct node *n, bool (*visit)(struct node *n, void *arg), void *arg);

#endif
