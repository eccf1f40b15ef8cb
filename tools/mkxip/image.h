/* What an image is made of, between the directory that was scanned and the bytes that are written.
 */
#ifndef MKXIP_IMAGE_H
#define MKXIP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/hash_index.h"
#include "lib/error.h"

/* Sizes and limits of the format (docs/image-format.md). */
#define IMAGE_PAGE 4096u
#define IMAGE_PAD 512u
#define IMAGE_SUPERBLOCK 76u
#define IMAGE_INODE 12u
#define IMAGE_MAX_FILE 0xffffffu /* 24 bits of size */
#define IMAGE_MAX_NAME 252u /* 6 bits of length, in units of 4 */
#define IMAGE_MAX_TABLE (1ULL << 28) /* 26 bits of offset, in units of 4 */
#define IMAGE_MAX_CLASSIC (1ULL << 30) /* 30 bits of END pointer */
#define IMAGE_MAX_SIZE 0xfffff000ULL /* 32 bits, whole pages */
#define IMAGE_FLAG_VERSION_2 0x001u
#define IMAGE_FLAG_SORTED_DIRS 0x002u
#define IMAGE_FLAG_HOLES 0x100u
#define IMAGE_FLAG_EXT_POINTERS 0x800u
#define IMAGE_POINTER_RAW 0x80000000u
#define IMAGE_POINTER_DIRECT 0x40000000u

struct content;

/* A file of any kind. The tree owns its nodes; names are NUL-terminated copies. */
struct node {
	char *name;
	struct node *parent; /* NULL: the root */
	struct node **children;
	size_t nchildren, capacity;
	uint32_t mode, uid, gid;
	uint32_t rdev; /* of devices: major << 8 | minor */
	uint64_t wide_device; /* the system's number of one that does not fit there; else 0 */
	uint64_t size; /* of regular files and symbolic links; of directories: of their entries */
	char *target; /* of symbolic links */
	uint8_t *bytes; /* of a regular file that we made ourselves; else NULL */
	bool in_place; /* its whole pages are to be in place, whatever is selected */
	bool in_source; /* there is such a file below the tree's source directory */
	struct content *content;
	uint32_t offset; /* of directories: of the first entry, in bytes; 0 if empty */
};

enum block_kind {
	BLOCK_ZLIB,
	BLOCK_RAW, /* as it is, because zlib would not make it smaller */
	BLOCK_XIP, /* as it is, on a page of the image */
	BLOCK_HOLE, /* zeros, not stored */
	BLOCK_KINDS
};

struct block {
	enum block_kind kind;
	uint16_t packed_size; /* of the zlib stream; 0: none was made, as the block is BLOCK_XIP */
	uint32_t packed_offset; /* into content.packed */
	bool direct; /* has a direct pointer */
	uint64_t start; /* where it begins in the image; of a direct stream: its length */
	uint32_t pointer; /* what the pointer table says */
};

/*
 * The bytes of one or more files, stored once. Files share a content if their bytes, mode and owner
 * are the same: Linux tells inodes apart by where their pointer table lies, so files that shared
 * one would share mode and owner as well. Contents with the same bytes only share their XIP pages:
 * all but the first have `twin`, the first.
 */
struct content {
	uint64_t hash;
	uint32_t size;
	uint32_t nblocks;
	const struct node *node; /* a file that has it */
	struct content *twin;
	uint8_t *selected; /* nblocks; 1: to be executed in place. Twins use the first one's */
	struct block *blocks;
	uint8_t *packed; /* zlib streams */
	uint32_t table; /* where the pointer table lies in the image */
};

/* All distinct contents, in the order of the tree. */
struct contents {
	struct content **list;
	size_t count, capacity;
	struct hash_index by_hash;
	uint64_t shared_files; /* files that needed no content of their own */
};

static inline uint32_t
align_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static inline uint64_t
align_up64(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Bytes that block i of the content holds: a page, or less in the last. */
static inline uint32_t
block_want(const struct content *c, uint32_t i)
{
	uint32_t left = c->size - i * IMAGE_PAGE;

	return left < IMAGE_PAGE ? left : IMAGE_PAGE;
}

#endif
