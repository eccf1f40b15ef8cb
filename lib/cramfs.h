/*
 * Reading cramfs images: Linux's fs/cramfs and its extended block pointers (Linux 4.15), which let
 * blocks lie anywhere, raw or compressed. Little- and big-endian.
 *
 * Everything works on an image in memory and makes no system call. An image is whatever somebody
 * made it: every offset, length and count is checked where it is read, so that nothing outside
 * [image, image + size) is ever touched and every walk ends.
 */
#ifndef XIPLD_CRAMFS_H
#define XIPLD_CRAMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/mode.h"

#define CRAMFS_BLOCK 4096U /* the format's block size for us: Linux takes its page size */
#define CRAMFS_NAME_MAX 252
#define CRAMFS_LINK_MAX 4095 /* of a symbolic link's text, as Linux: less than a page */
#define CRAMFS_DEPTH_MAX 256 /* directories within each other */
#define CRAMFS_FOLLOW_MAX 40 /* symbolic links in one look-up, as Linux */

enum { /* superblock flags, from Linux's include/uapi/linux/cramfs_fs.h */
       CRAMFS_FSID_VERSION_2 = 0x1,
       CRAMFS_SORTED_DIRS = 0x2,
       CRAMFS_HOLES = 0x100,
       CRAMFS_WRONG_SIGNATURE = 0x200,
       CRAMFS_SHIFTED_ROOT = 0x400,
       CRAMFS_EXT_BLOCK_POINTERS = 0x800,
       CRAMFS_KNOWN_FLAGS = 0xfff
};

struct cramfs_inode {
	uint32_t mode; /* as st_mode */
	uint32_t uid, gid; /* gid: 8 bits in the format */
	uint32_t size; /* bytes; of a device: its number, major << 8 | minor */
	uint32_t
		offset; /* bytes from the image's start: block pointers, or a directory's entries */
	uint32_t position; /* where the inode itself lies, in bytes */
};

/* An open image. The memory is the caller's and must outlive it; so must `path`. */
struct cramfs {
	const char *path; /* for messages */
	const uint8_t *image;
	uint64_t size; /* of what may be read: the superblock's, never more than was given */
	bool big_endian;
	uint32_t base; /* where the superblock is: 0 or 512 */
	uint32_t flags;
	uint32_t crc, edition, blocks, files; /* as stored; good with CRAMFS_FSID_VERSION_2 only */
	char name[17]; /* of the volume */
	struct cramfs_inode root;
};

/* Read and check the superblock. `size`: bytes that there are. False with *error. */
bool cramfs_open(struct cramfs *fs, const char *path, const void *image, uint64_t size,
		 struct error *error);

/* Does the checksum fit? True as well for an image that has none (no CRAMFS_FSID_VERSION_2). */
bool cramfs_verify(const struct cramfs *fs, struct error *error);

/* A walk through one directory. */
struct cramfs_dir {
	const struct cramfs *fs;
	uint32_t at, end;
};

struct cramfs_entry {
	struct cramfs_inode inode;
	uint32_t namelen;
	char name[CRAMFS_NAME_MAX + 1]; /* never "", ".", ".."; holds neither '/' nor NUL */
};

bool cramfs_dir_open(struct cramfs_dir *dir, const struct cramfs *fs,
		     const struct cramfs_inode *inode, struct error *error);

/* Returns 1 with the next entry, 0 at the end, -1 with *error. */
int cramfs_dir_next(struct cramfs_dir *dir, struct cramfs_entry *entry, struct error *error);

/*
 * Find a path from the image's root ("/" and "" are the root). `follow`: if its last component is a
 * symbolic link, go on to what it names; those before are always followed, inside the image.
 * False with *error; its error is 2, 20, 36 or 40 (ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP) for a path
 * that leads nowhere, 0 for a bad image.
 */
bool cramfs_lookup(const struct cramfs *fs, const char *path, bool follow,
		   struct cramfs_inode *inode, struct error *error);

enum cramfs_kind {
	CRAMFS_BLOCK_HOLE, /* zeros */
	CRAMFS_BLOCK_ZLIB, /* one zlib stream */
	CRAMFS_BLOCK_RAW, /* as it is; found from the end of the block before */
	CRAMFS_BLOCK_DIRECT, /* as it is; found by its own pointer */
};

struct cramfs_block {
	enum cramfs_kind kind;
	uint64_t offset; /* of its data in the image */
	uint32_t length; /* bytes there; raw: equal to `want` */
	uint32_t want; /* bytes that it is in the file */
};

/* Number of blocks of a regular file or symbolic link. */
uint32_t cramfs_blocks(const struct cramfs_inode *inode);

/* Where block `index` lies. False with *error. */
bool cramfs_block(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t index,
		  struct cramfs_block *block, struct error *error);

/* The content of one block, as cramfs_block gave it, into buf (block->want bytes). */
bool cramfs_block_read(const struct cramfs *fs, const struct cramfs_block *block, void *buf,
		       struct error *error);

/*
 * Up to `len` bytes of a regular file or symbolic link from `offset` on. Returns how many (0 at the
 * end), or -1 with *error.
 */
long cramfs_read(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t offset,
		 void *buf, size_t len, struct error *error);

/* A symbolic link's text, NUL-terminated, into buf (CRAMFS_LINK_MAX + 1 bytes). */
bool cramfs_readlink(const struct cramfs *fs, const struct cramfs_inode *inode, char *buf,
		     struct error *error);

/*
 * Call visit for every entry of the tree, parents before what is in them; `path` begins with '/'.
 * Ends early, false, when visit returns false (with *error) or the image is no tree: directories
 * that contain themselves or are shared so often that there are more entries than can be stored.
 */
typedef bool cramfs_visit(void *context, const char *path, const struct cramfs_inode *inode,
			  struct error *error);
bool cramfs_walk(const struct cramfs *fs, cramfs_visit *visit, void *context, struct error *error);

/* What kind of file, by its mode. */
static inline bool
cramfs_is_dir(const struct cramfs_inode *inode)
{
	return mode_is_directory(inode->mode);
}

static inline bool
cramfs_is_file(const struct cramfs_inode *inode)
{
	return mode_is_file(inode->mode);
}

static inline bool
cramfs_is_link(const struct cramfs_inode *inode)
{
	return mode_is_link(inode->mode);
}

#endif
