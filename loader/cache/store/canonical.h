/*
 * Which file an object is mapped from: its canonical copy. That is the file itself, where only root
 * or the store's owner can write it; else a copy in the store (docs/store.md, "Whose files").
 */
#ifndef XIPLD_CANONICAL_H
#define XIPLD_CANONICAL_H

#include "cache/store/store.h"

#define CANONICAL_MOST (512L << 20) /* bytes: what is larger is neither hashed nor copied */

enum canonical_source {
	CANONICAL_REFUSED, /* too large, or root's store would keep another user's file */
	CANONICAL_IN_PLACE,
	CANONICAL_COPIED,
};

enum canonical_source canonical_source(const struct file_id *id);

/* The path as the index keeps it: of a relative one, what the kernel makes of the open file. False:
 * it is too long. */
bool canonical_path(const char *path, int fd, char *to, size_t size);

/* Content of a file that is to be used in place. */
bool canonical_hash(int fd, const struct file_id *id, uint8_t hash[HASH_SIZE]);

/* A copy that has no name yet: nobody but us can write it, and the hash is of what lies in it. */
struct canonical_copy {
	int fd; /* -1: none */
	uint8_t hash[HASH_SIZE];
	char temp[STORE_PATH + 160];
};

/* Copy an open file; `everybody` may read it. With holes, where the file has some. */
bool canonical_begin(struct store *store, int fd, const struct file_id *id, bool everybody,
		     struct canonical_copy *copy);

/* Give it its name, in place of what had it: the record's path and identity become its. */
bool canonical_keep(struct store *store, struct canonical_copy *copy, struct index_record *record);

/* Close it; without a name it goes. */
void canonical_end(struct store *store, struct canonical_copy *copy);

/* May what lies in this copy be executed as the file open as fd: is their content one, by its
 * headers, and does the mount that the file lies on permit it? */
bool canonical_may_replace(const struct object *obj, int fd, int copy);

#endif
