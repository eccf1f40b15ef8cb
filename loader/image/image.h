/*
 * --image: run a program from a cramfs image (docs/xip.md).
 *
 * Once, an image is imported: its files are written into the store as a directory tree, with a
 * table of the pages that lie in the image as they are. A launch then enters a mount namespace
 * whose root is that tree, so that the whole of the loader, and the program, find what is in the
 * image under its own name; and where a file's pages are to be mapped, those that the table names
 * are mapped from the image.
 */
#ifndef XIPLD_IMAGE_H
#define XIPLD_IMAGE_H

#include "base/file_policy.h"
#include "image/tree.h"
#include "cache/store/store.h"

/*
 * Open the image, import it if the store has not got it, and enter it. Returns 0, or the status to
 * end with (126 or, if there is no such image, 127) and *error; what was made of namespaces by then
 * is left as it is.
 */
int image_enter(const char *path, struct error *error);

/* image.c, import.c, enter.c among themselves. */

/* A store's directory of images, and one image in it. */
struct image_place {
	char store[STORE_PATH];
	char dir[STORE_PATH + 32]; /* .../images */
	char home[STORE_PATH + 112]; /* .../images/HASH: the tree `root`, its store `store` */
};

/* An image that was opened. */
struct image_source {
	const char *path;
	int fd;
	uint64_t size; /* bytes */
	struct file_id id;
	uint8_t fingerprint[HASH_SIZE]; /* changes when the file does */
};

/*
 * Import: fills place->home. False with *error. `unusable` tells that the store is the cause, not
 * the image's.
 */
bool image_import(const struct image_source *source, struct image_place *place, bool *unusable,
		  struct error *error);

/*
 * Put what mkxip --link left in the image into `dir`, the empty store of its programs, once the
 * tree is complete. What does not fit is left out.
 */
void image_install_prelink(struct tree *t, const struct image_source *source, const char *dir);

/* Is there a complete import at place->home? */
bool image_is_imported(const struct image_place *place);

/* Let place->dir name this import by the fingerprint of the image. */
void image_note_fingerprint(const struct image_source *source, const struct image_place *place);

/* Make the tree the root directory. False with *error. */
bool image_change_root(const struct image_source *source, const struct image_place *place,
		       struct error *error);

#endif
