/* Where everything lies in the image, to the byte, before any of it is written. Pure. */
#ifndef MKXIP_LAYOUT_H
#define MKXIP_LAYOUT_H

#include "mkxip/image.h"

struct layout_options {
	bool pad; /* 512 bytes before the superblock */
	bool classic; /* no extended pointers, no holes */
	uint64_t max_size;
};

/*
 * In the order of the image:
 *	[pad] superblock, entries of all directories,
 *	near: of each content its pointer table and its compressed blocks; then the XIP pages
 *	far:  all pointer tables; the XIP pages; the compressed blocks, with direct pointers
 * Far is for images whose tables would else lie beyond the first 256 MiB, where the format cannot
 * point to, or blocks beyond what END pointers reach.
 */
struct layout {
	uint32_t base; /* of the superblock: 0 or 512 */
	bool far;
	uint64_t xip_start, xip_end; /* the XIP pages */
	uint64_t end; /* of all that is written */
	uint64_t size; /* of the image: whole pages */
	uint32_t flags;
	uint32_t files, blocks; /* as the superblock counts them */
	uint64_t kinds[BLOCK_KINDS];
};

/*
 * Fill *l, the directories' offsets and sizes, and all places and pointers of the contents. Block
 * kinds may be changed to what can be pointed to. Faults: what does not fit the format or max_size.
 */
bool layout_compute(struct layout *l, struct node *root, struct contents *all,
		    const struct layout_options *o, struct error *error);

/* Bytes of n's entry in its directory. */
uint32_t layout_entry_size(const struct node *n);

#endif
