/* --list, --check and --extract: on the loader's own reader of images. */
#ifndef MKXIP_INSPECT_H
#define MKXIP_INSPECT_H

#include "lib/cramfs.h"
#include "mkxip/options.h"
#include "mkxip/report.h"

/* Run the command; returns the exit status (mkxip(1) has them). */
int inspect_run(const struct options *o);

/* How the blocks of a file are stored. */
struct block_counts {
	uint32_t xip; /* raw, on a page of the image */
	uint32_t raw; /* raw elsewhere */
	uint32_t zlib, hole;
};
bool inspect_count(const struct cramfs *fs, const struct cramfs_inode *inode,
		   struct block_counts *counts, struct error *error);

/* A name without what a terminal would obey: those bytes as \ooo. To be freed. */
char *inspect_escape(const char *name);

#endif
