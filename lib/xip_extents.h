/*
 * What of an image's files lies in the image as it is, page by page: the table that an import
 * leaves beside the files (docs/xip.md has the format). A launch maps those pages from the image.
 */
#ifndef XIPLD_XIP_EXTENTS_H
#define XIPLD_XIP_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPLACE_MAGIC "xipldip1"
#define INPLACE_VERSION 1
#define INPLACE_PAGE 4096U

/* Pages of a file that follow each other in the image as well. */
struct inplace_run {
	uint32_t page, count; /* from this page of the file on, so many */
	uint64_t offset; /* in the image, bytes: whole pages */
};

/* A file of the tree that has such pages; ascending by inode. */
struct inplace_file {
	uint64_t ino, size; /* in the store's file system; bytes */
	uint32_t first, count; /* of its runs, ascending by page */
};

/* The table's file: this header, files, runs. */
struct inplace_header {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint32_t version, page_size;
	uint64_t image_size; /* bytes; no run ends beyond */
	uint32_t nfiles, nruns;
};

struct inplace_table {
	const struct inplace_file *files;
	const struct inplace_run *runs;
	uint32_t nfiles;
};

/* The runs of one file. */
struct inplace_runs {
	const struct inplace_run *list;
	uint32_t count;
};

/* A part of a file that comes from one place. */
struct inplace_piece {
	uint64_t size;
	bool in_place; /* from the image, at `offset`; else from the file */
	uint64_t offset;
};

/* Check a table in memory; what it holds is then used without further questions. */
bool inplace_open(struct inplace_table *table, const void *bytes, size_t size);

/* The checksum of a table of `size` bytes. */
uint64_t inplace_checksum(const void *bytes, size_t size);

/* The runs of the file with this inode number and size; none if it is not in the table. */
struct inplace_runs inplace_find(const struct inplace_table *table, uint64_t ino, uint64_t size);

/* The first part of [offset, offset + size) of a file, both whole pages. */
struct inplace_piece inplace_next(const struct inplace_runs *runs, uint64_t offset, uint64_t size);

#endif
