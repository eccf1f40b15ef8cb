/* The format's records as bytes, in the image's byte order. Pure. */
#ifndef MKXIP_ENCODE_H
#define MKXIP_ENCODE_H

#include "mkxip/layout.h"

void encode_u16(uint8_t *to, uint16_t value, bool big_endian);
void encode_u32(uint8_t *to, uint32_t value, bool big_endian);

/* 12 bytes. */
void encode_inode(uint8_t *to, const struct node *n, bool big_endian);

/* An entry of a directory; layout_entry_size bytes. */
void encode_entry(uint8_t *to, const struct node *n, bool big_endian);

/* The superblock, 76 bytes, its CRC 0. */
struct superblock_text {
	const char *name; /* at most 16 bytes count */
	uint32_t edition;
	bool big_endian;
};
void encode_superblock(uint8_t *to, const struct layout *l, const struct node *root,
		       const struct superblock_text *text);

#define ENCODE_CRC_AT 32 /* where in the superblock the CRC lies */

#endif
