/* libFuzzer: an image of any bytes is read whole, looked up in, and its blocks are where they may
 * be. */
#include <stdlib.h>

#include "lib/cramfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	const struct cramfs *fs;
	uint64_t left; /* bytes that this run may still read: holes are cheap to store */
};

static bool
look_at(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct reading *r = context;
	struct cramfs_inode found;
	char text[CRAMFS_LINK_MAX + 1];
	uint8_t block_bytes[CRAMFS_BLOCK];

	cramfs_lookup(r->fs, path, true, &found, error);
	if (cramfs_is_link(inode))
		cramfs_readlink(r->fs, inode, text, error);
	if (!cramfs_is_file(inode))
		return true;
	for (uint32_t i = 0; i < cramfs_blocks(inode) && r->left > CRAMFS_BLOCK; i++) {
		struct cramfs_block b;

		r->left -= CRAMFS_BLOCK;
		if (!cramfs_block(r->fs, inode, i, &b, error))
			break;
		if (b.kind != CRAMFS_BLOCK_HOLE && b.offset + b.length > r->fs->size)
			abort();
		cramfs_block_read(r->fs, &b, block_bytes, error);
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error;
	struct cramfs fs;
	struct reading r = {&fs, 4 << 20};

	if (!cramfs_open(&fs, "image", data, size, &error))
		return 0;
	cramfs_verify(&fs, &error);
	cramfs_walk(&fs, look_at, &r, &error);
	return 0;
}
