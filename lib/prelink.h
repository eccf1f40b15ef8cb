/*
 * Prelinked plans: what mkxip --link puts into an image, so that its programs need not be linked
 * where it is run (docs/image-format.md). Below the image's directory of our own:
 *
 *	prelink           a header, the index's records, numbers of plans, struct prelink_pages
 *	plans/NUMBER      plans, without the identities of the files that they name
 *	relocated/NUMBER  relocated pages; then PRELINK_END, so that the last page is not the
 *	                  file's last block
 */
#ifndef XIPLD_PRELINK_H
#define XIPLD_PRELINK_H

#include "lib/store_format.h"

#define IMAGE_OWN_DIR ".xipld" /* in an image's root, and in that of its tree: ours */
#define PRELINK_MAGIC "xipldlk1"
#define PRELINK_VERSION 1
#define PRELINK_END "linked\n" /* with its NUL: 8 bytes */
#define PRELINK_MAX 1024 /* plans; files of pages */

struct prelink_header {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint32_t version, store_version, machine, page_size;
	uint64_t epoch, base, size; /* as DIR/epoch has them */
	uint32_t nrecords, nplans, npages, unused;
};

/* A file of relocated pages. */
struct prelink_pages {
	uint64_t id, pages, sum; /* its name, how many, and the checksum of them */
};

/* The file, in memory. */
struct prelink {
	const struct prelink_header *header;
	const struct index_record *records;
	const uint64_t *plans;
	const struct prelink_pages *pages;
};

/* Check a file in memory. NULL, or why it cannot be used here. */
const char *prelink_open(struct prelink *prelink, const void *bytes, size_t size, uint32_t machine,
			 uint64_t page);

uint64_t prelink_checksum(const void *bytes, size_t size);

#endif
