#include "lib/cramfs.h"
#include "lib/inflate.h"
#include "lib/sys.h"

#define MAGIC 0x28cd3d45U
#define SUPER_SIZE 76U
#define ROOT_AT 64U /* the root's inode, within the superblock */
#define INODE_SIZE 12U
#define FLAG_RAW 0x80000000U /* CRAMFS_BLK_FLAG_UNCOMPRESSED */
#define FLAG_DIRECT 0x40000000U /* CRAMFS_BLK_FLAG_DIRECT_PTR */

/* Words of the image. The caller has checked that they lie inside. */
static uint32_t
word(const struct cramfs *fs, uint64_t at)
{
	const uint8_t *p = fs->image + at;

	if (fs->big_endian)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
half(const struct cramfs *fs, uint64_t at)
{
	const uint8_t *p = fs->image + at;

	return fs->big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static bool
inside(const struct cramfs *fs, uint64_t at, uint64_t size)
{
	return at <= fs->size && size <= fs->size - at;
}

/*
 * An inode: C bit-fields of the writer's machine, so the lowest bits come first in a little-endian
 * image and the highest in a big-endian one. Returns the length of the name that follows it.
 */
static uint32_t
read_inode(const struct cramfs *fs, uint32_t at, struct cramfs_inode *inode)
{
	uint32_t w0 = word(fs, at), w1 = word(fs, at + 4), w2 = word(fs, at + 8);

	inode->position = at;
	if (fs->big_endian) {
		inode->mode = w0 >> 16;
		inode->uid = w0 & 0xffff;
		inode->size = w1 >> 8;
		inode->gid = w1 & 0xff;
		inode->offset = (w2 & 0x3ffffff) * 4;
		return (w2 >> 26) * 4;
	}
	inode->mode = w0 & 0xffff;
	inode->uid = w0 >> 16;
	inode->size = w1 & 0xffffff;
	inode->gid = w1 >> 24;
	inode->offset = (w2 >> 6) * 4;
	return (w2 & 0x3f) * 4;
}

static bool
find_superblock(struct cramfs *fs, uint64_t size)
{
	for (uint32_t base = 0; base <= 512; base += 512) {
		if (size < base + SUPER_SIZE)
			return false;
		fs->base = base;
		for (int big = 0; big <= 1; big++) {
			fs->big_endian = big;
			if (word(fs, base) == MAGIC)
				return true;
		}
	}
	return false;
}

static bool
check_root(const struct cramfs *fs, struct error *error)
{
	const struct cramfs_inode *root = &fs->root;

	if (!cramfs_is_dir(root))
		return error_set(error, fs->path, 0, "root is not a directory (superblock)");
	/* Linux: without the flag the root follows the superblock */
	if (root->offset != 0 && !(fs->flags & CRAMFS_SHIFTED_ROOT) && root->offset != SUPER_SIZE &&
	    root->offset != 512 + SUPER_SIZE)
		return error_set(error, fs->path, 0, "bad root offset %u (superblock)",
				 root->offset);
	return true;
}

bool
cramfs_open(struct cramfs *fs, const char *path, const void *image, uint64_t size,
	    struct error *error)
{
	uint32_t base, stored;

	*fs = (struct cramfs){.path = path, .image = image, .size = size};
	if (!find_superblock(fs, size))
		return error_set(error, path, 0, "not a cramfs image (no magic at 0 or 512)");
	base = fs->base;
	stored = word(fs, base + 4);
	fs->flags = word(fs, base + 8);
	if (fs->flags & ~(uint32_t)CRAMFS_KNOWN_FLAGS)
		return error_set(error, path, 0, "unsupported features 0x%x (superblock)",
				 fs->flags);
	fs->crc = word(fs, base + 32);
	fs->edition = word(fs, base + 36);
	fs->blocks = word(fs, base + 40);
	fs->files = word(fs, base + 44);
	memcpy(fs->name, fs->image + base + 48, 16);
	if (fs->flags & CRAMFS_FSID_VERSION_2) {
		if (stored < base + SUPER_SIZE)
			return error_set(error, path, 0, "bad image size %u (superblock)", stored);
		if (stored > size)
			return error_set(error, path, 0,
					 "truncated: %lu of %u bytes are there (superblock)",
					 (unsigned long)size, stored);
		fs->size = stored;
	}
	if (fs->size > UINT32_MAX)
		fs->size = UINT32_MAX; /* all that pointers reach */
	read_inode(fs, base + ROOT_AT, &fs->root);
	return check_root(fs, error);
}

bool
cramfs_verify(const struct cramfs *fs, struct error *error)
{
	static const uint8_t zeros[4];
	const uint64_t at = fs->base + 32;
	uint32_t crc;

	if (!(fs->flags & CRAMFS_FSID_VERSION_2))
		return true;
	crc = inflate_crc32(0, fs->image + fs->base, 32);
	crc = inflate_crc32(crc, zeros, 4);
	crc = inflate_crc32(crc, fs->image + at + 4, fs->size - at - 4);
	if (crc != fs->crc)
		return error_set(error, fs->path, 0, "damaged: checksum is 0x%x, not 0x%x (CRC)",
				 crc, fs->crc);
	return true;
}

bool
cramfs_dir_open(struct cramfs_dir *dir, const struct cramfs *fs, const struct cramfs_inode *inode,
		struct error *error)
{
	*dir = (struct cramfs_dir){.fs = fs};
	if (!cramfs_is_dir(inode))
		return error_set(error, fs->path, ENOTDIR, "not a directory (inode at %u)",
				 inode->position);
	if (inode->size == 0)
		return true;
	if (inode->offset == 0 && inode->position == fs->base + ROOT_AT)
		return true; /* Linux: an empty file system */
	if (inode->offset < SUPER_SIZE || !inside(fs, inode->offset, inode->size))
		return error_set(error, fs->path, 0,
				 "directory lies outside the image (inode at %u)", inode->position);
	dir->at = inode->offset;
	dir->end = inode->offset + inode->size;
	return true;
}

static bool
is_name(const char *name, uint32_t len)
{
	if (len == 0 || streq(name, ".") || streq(name, ".."))
		return false;
	return !memchr(name, '/', len) && !memchr(name, 0, len);
}

int
cramfs_dir_next(struct cramfs_dir *dir, struct cramfs_entry *entry, struct error *error)
{
	const struct cramfs *fs = dir->fs;
	uint32_t at = dir->at, len;

	if (at == dir->end)
		return 0;
	if (dir->end - at < INODE_SIZE)
		goto bad;
	len = read_inode(fs, at, &entry->inode);
	if (dir->end - at - INODE_SIZE < len)
		goto bad;
	memcpy(entry->name, fs->image + at + INODE_SIZE, len);
	dir->at = at + INODE_SIZE + len;
	while (len && !entry->name[len - 1])
		len--;
	entry->name[len] = 0;
	entry->namelen = len;
	if (is_name(entry->name, len))
		return 1;
	error_set(error, fs->path, 0, "name that no file can have (directory entry at %u)", at);
	return -1;
bad:
	error_set(error, fs->path, 0, "directory ends within an entry (at %u)", at);
	return -1;
}

uint32_t
cramfs_blocks(const struct cramfs_inode *inode)
{
	return (inode->size + CRAMFS_BLOCK - 1) / CRAMFS_BLOCK;
}

static bool
bad_block(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t index,
	  const char *what, struct error *error)
{
	return error_set(error, fs->path, 0, "%s (block %u of the file with the inode at %u)", what,
			 index, inode->position);
}

/* One block pointer taken apart. */
struct pointer {
	bool raw, direct;
	uint64_t at; /* direct: where the data starts; else: where it ends */
};

static struct pointer
read_pointer(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t index)
{
	uint32_t p = word(fs, (uint64_t)inode->offset + 4 * (uint64_t)index);
	uint64_t value = p & ~(FLAG_RAW | FLAG_DIRECT);
	struct pointer out = {.raw = p & FLAG_RAW, .direct = p & FLAG_DIRECT};

	out.at = out.direct ? value << 2 : value;
	return out;
}

/* Where the block after one with this pointer starts, if its own does not say; false: nowhere. */
static bool
pointer_end(const struct cramfs *fs, struct pointer p, uint64_t *end)
{
	*end = p.at;
	if (!p.direct)
		return true;
	if (p.raw) {
		*end += CRAMFS_BLOCK; /* even if it is shorter */
		return true;
	}
	if (!inside(fs, p.at, 2))
		return false;
	*end += 2 + half(fs, p.at);
	return true;
}

static bool
locate(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t index,
       struct cramfs_block *b, struct error *error)
{
	struct pointer p = read_pointer(fs, inode, index);
	uint64_t end;

	if ((p.raw || p.direct) && !(fs->flags & CRAMFS_EXT_BLOCK_POINTERS))
		return bad_block(fs, inode, index, "extended block pointer without the flag",
				 error);
	b->kind = !p.raw ? CRAMFS_BLOCK_ZLIB : p.direct ? CRAMFS_BLOCK_DIRECT : CRAMFS_BLOCK_RAW;
	if (p.direct) {
		b->offset = p.at;
		b->length = b->want;
		if (p.raw)
			return true;
		if (!inside(fs, p.at, 2))
			return bad_block(fs, inode, index, "block outside the image", error);
		b->offset += 2;
		b->length = half(fs, p.at);
		return true;
	}
	b->offset = (uint64_t)inode->offset + 4 * (uint64_t)cramfs_blocks(inode);
	if (index > 0 && !pointer_end(fs, read_pointer(fs, inode, index - 1), &b->offset))
		return bad_block(fs, inode, index, "block before it outside the image", error);
	end = p.at;
	if (end < b->offset || end - b->offset > 2 * CRAMFS_BLOCK)
		return bad_block(fs, inode, index, "impossible length", error);
	b->length = (uint32_t)(end - b->offset);
	return true;
}

bool
cramfs_block(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t index,
	     struct cramfs_block *b, struct error *error)
{
	uint32_t count = cramfs_blocks(inode);

	if (!cramfs_is_file(inode) && !cramfs_is_link(inode))
		return error_set(error, fs->path, EINVAL, "no regular file (inode at %u)",
				 inode->position);
	if (index >= count)
		return bad_block(fs, inode, index, "past the end", error);
	if (inode->offset < SUPER_SIZE || !inside(fs, inode->offset, 4 * (uint64_t)count))
		return bad_block(fs, inode, index, "block pointers outside the image", error);
	b->want = index + 1 < count ? CRAMFS_BLOCK : inode->size - index * CRAMFS_BLOCK;
	if (!locate(fs, inode, index, b, error))
		return false;
	if (b->length == 0) {
		b->kind = CRAMFS_BLOCK_HOLE;
		return true;
	}
	if (b->length > 2 * CRAMFS_BLOCK)
		return bad_block(fs, inode, index, "impossible length", error);
	if (!inside(fs, b->offset, b->length))
		return bad_block(fs, inode, index, "block outside the image", error);
	if (b->kind == CRAMFS_BLOCK_RAW && b->length != b->want)
		return bad_block(fs, inode, index, "raw block of a wrong length", error);
	return true;
}

bool
cramfs_block_read(const struct cramfs *fs, const struct cramfs_block *b, void *buf,
		  struct error *error)
{
	switch (b->kind) {
	case CRAMFS_BLOCK_HOLE:
		memset(buf, 0, b->want);
		return true;
	case CRAMFS_BLOCK_RAW:
	case CRAMFS_BLOCK_DIRECT:
		memcpy(buf, fs->image + b->offset, b->want);
		return true;
	case CRAMFS_BLOCK_ZLIB:
		break;
	}
	if (!inflate_block(fs->image + b->offset, b->length, buf, b->want))
		return error_set(error, fs->path, 0,
				 "damaged: block does not inflate to %u bytes (zlib stream at %lu)",
				 b->want, (unsigned long)b->offset);
	return true;
}

long
cramfs_read(const struct cramfs *fs, const struct cramfs_inode *inode, uint32_t offset, void *buf,
	    size_t len, struct error *error)
{
	uint8_t whole[CRAMFS_BLOCK];
	size_t done = 0;

	if (offset >= inode->size)
		return 0;
	if (len > inode->size - offset)
		len = inode->size - offset;
	while (done < len) {
		uint32_t from = (uint32_t)(offset + done) % CRAMFS_BLOCK;
		uint8_t *to = (uint8_t *)buf + done;
		struct cramfs_block b;
		size_t part;

		if (!cramfs_block(fs, inode, (uint32_t)(offset + done) / CRAMFS_BLOCK, &b, error))
			return -1;
		part = b.want - from;
		if (part > len - done)
			part = len - done;
		if (!cramfs_block_read(fs, &b, part == b.want ? to : whole, error))
			return -1;
		if (part != b.want)
			memcpy(to, whole + from, part);
		done += part;
	}
	return (long)done;
}

bool
cramfs_readlink(const struct cramfs *fs, const struct cramfs_inode *inode, char *buf,
		struct error *error)
{
	long len;

	if (!cramfs_is_link(inode))
		return error_set(error, fs->path, EINVAL, "not a symbolic link (inode at %u)",
				 inode->position);
	if (inode->size == 0 || inode->size > CRAMFS_LINK_MAX)
		return error_set(error, fs->path, 0,
				 "symbolic link of an impossible length (inode at %u)",
				 inode->position);
	len = cramfs_read(fs, inode, 0, buf, inode->size, error);
	if (len < 0)
		return false;
	buf[len] = 0;
	if (memchr(buf, 0, (size_t)len))
		return error_set(error, fs->path, 0, "NUL in a symbolic link (inode at %u)",
				 inode->position);
	return true;
}
