#include "mkxip/encode.h"

#include <string.h>
#include <sys/stat.h>

#define MAGIC 0x28cd3d45u

void
encode_u16(uint8_t *to, uint16_t value, bool big_endian)
{
	to[big_endian] = (uint8_t)value;
	to[!big_endian] = (uint8_t)(value >> 8);
}

void
encode_u32(uint8_t *to, uint32_t value, bool big_endian)
{
	for (int i = 0; i < 4; i++)
		to[big_endian ? 3 - i : i] = (uint8_t)(value >> 8 * i);
}

/* What the inode says of size and place. */
static void
size_and_offset(const struct node *n, uint32_t *size, uint32_t *offset)
{
	*size = *offset = 0;
	if (S_ISDIR(n->mode)) {
		*size = (uint32_t)n->size;
		*offset = n->offset;
	} else if (S_ISCHR(n->mode) || S_ISBLK(n->mode)) {
		*size = n->rdev;
	} else if (n->content) {
		*size = n->content->size;
		*offset = n->content->table;
	}
}

/* The words are C bit fields of the writer's machine: from the low end on little-endian ones, from
 * the high end on others. */
void
encode_inode(uint8_t *to, const struct node *n, bool big_endian)
{
	uint32_t size, offset, namelen = ((uint32_t)strlen(n->name) + 3) / 4;

	size_and_offset(n, &size, &offset);
	if (big_endian) {
		encode_u32(to, n->mode << 16 | n->uid, true);
		encode_u32(to + 4, size << 8 | n->gid, true);
		encode_u32(to + 8, namelen << 26 | offset >> 2, true);
	} else {
		encode_u32(to, n->uid << 16 | n->mode, false);
		encode_u32(to + 4, n->gid << 24 | size, false);
		encode_u32(to + 8, (offset >> 2) << 6 | namelen, false);
	}
}

void
encode_entry(uint8_t *to, const struct node *n, bool big_endian)
{
	size_t len = strlen(n->name);

	encode_inode(to, n, big_endian);
	memset(to + IMAGE_INODE, 0, align_up((uint32_t)len, 4));
	memcpy(to + IMAGE_INODE, n->name, len);
}

void
encode_superblock(uint8_t *to, const struct layout *l, const struct node *root,
		  const struct superblock_text *text)
{
	const uint32_t words[] = {MAGIC, (uint32_t)l->size, l->flags, 0};
	const uint32_t fsid[] = {0, text->edition, l->blocks, l->files};

	for (int i = 0; i < 4; i++) {
		encode_u32(to + 4 * i, words[i], text->big_endian);
		encode_u32(to + ENCODE_CRC_AT + 4 * i, fsid[i], text->big_endian);
	}
	memcpy(to + 16, "Compressed ROMFS", 16);
	memset(to + 48, 0, 16);
	memcpy(to + 48, text->name, strnlen(text->name, 16));
	encode_inode(to + 64, root, text->big_endian);
}
