/*
 * What of an image's files lies in the image as it is, page by page: the table that an import
 * leaves beside the files (docs/xip.md has the format). A launch maps those pages from the image.
 */
#ifndef XIPLD_XIP_EXTENTS_H
#define XIPLD_XIP_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XIP_MAGIC "xipldip1"
#define XIP_VERSION 1
#define XIP_PAGE 4096U

/* Pages of a file that follow each other in the image as well. */
struct xip_extent {
	uint32_t page, count; /* from this page of the file on, so many */
	uint64_t offset; /* in the image, bytes: whole pages */
};

/* A file of the tree that has such pages; ascending by inode. */
struct xip_file {
	uint64_t ino, size; /* in the store's file system; bytes */
	uint32_t first, count; /* of its runs, ascending by page */
};

/* The table's file: this header, files, runs. */
struct xip_header {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint32_t version, page_size;
	uint64_t image_size; /* bytes; no run ends beyond */
	uint32_t nfiles, nruns;
};

struct xip_table {
	const struct xip_file *files;
	const struct xip_extent *runs;
	uint32_t nfiles;
};

/* The runs of one file. */
struct xip_extents {
	const struct xip_extent *list;
	uint32_t count;
};

/* A part of a file that comes from one place. */
struct xip_piece {
	uint64_t size;
	bool in_place; /* from the image, at `offset`; else from the file */
	uint64_t offset;
};

/* Check a table in memory; what it holds is then used without further questions. */
bool xip_open(struct xip_table *table, const void *bytes, size_t size);

/* The checksum of a table of `size` bytes. */
uint64_t xip_checksum(const void *bytes, size_t size);

/* The runs of the file with this inode number and size; none if it is not in the table. */
struct xip_extents xip_find(const struct xip_table *table, uint64_t ino, uint64_t size);

/* The first part of [offset, offset + size) of a file, both whole pages. */
struct xip_piece xip_next(const struct xip_extents *runs, uint64_t offset, uint64_t size);

#endif
