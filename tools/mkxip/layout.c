#include "mkxip/layout.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* What the image's parts are laid out with. */
struct placing {
	struct layout *l;
	struct contents *all;
	const struct layout_options *o;
	uint64_t at; /* the next free byte */
	bool unreachable; /* a pointer does not reach: try again, far */
};

uint32_t
layout_entry_size(const struct node *n)
{
	return IMAGE_INODE + align_up((uint32_t)strlen(n->name), 4);
}

/* All entries of a directory, then those of the directories in it. */
static bool
place_directory(struct placing *p, struct node *dir, struct error *error)
{
	uint64_t size = 0;

	for (size_t i = 0; i < dir->nchildren; i++)
		size += layout_entry_size(dir->children[i]);
	if (size > IMAGE_MAX_FILE)
		return error_set(error, dir->name, 0, "too many files in one directory");
	dir->size = size;
	dir->offset = size ? (uint32_t)p->at : 0;
	p->at += size;
	p->l->files++;
	if (p->at >= IMAGE_MAX_TABLE)
		return error_set(error, dir->name, 0,
				 "the directories do not fit the first 256 MiB of the image");
	for (size_t i = 0; i < dir->nchildren; i++) {
		struct node *n = dir->children[i];

		if (!S_ISDIR(n->mode))
			p->l->files++;
		else if (!place_directory(p, n, error))
			return false;
	}
	return true;
}

static void
place_table(struct placing *p, struct content *c)
{
	p->at = align_up64(p->at, 4);
	if (p->at >= IMAGE_MAX_TABLE)
		p->unreachable = true;
	c->table = (uint32_t)p->at;
	p->at += 4 * (uint64_t)c->nblocks;
}

static bool
last_full(const struct content *c, uint32_t i)
{
	return i == c->nblocks - 1 && c->size % IMAGE_PAGE == 0;
}

/* What becomes of a block that is not XIP, given what pointers can say here. */
static enum block_kind
settled_kind(const struct placing *p, const struct content *c, uint32_t i)
{
	const struct block *b = &c->blocks[i];

	if (b->kind ==
	    BLOCK_HOLE) /* a full last hole is an error to cramfsck, a far one unsayable */
		return p->o->classic || p->l->far || last_full(c, i) ? BLOCK_ZLIB : BLOCK_HOLE;
	if (!p->o->classic && b->packed_size >= block_want(c, i) && !last_full(c, i))
		return BLOCK_RAW;
	return BLOCK_ZLIB;
}

/*
 * The blocks of one content that are not XIP. `follows`: whether a block placed at p->at begins
 * where a reader expects it without being told, at the end of the block before (of the table, for
 * the first); then an END pointer is enough.
 */
static void
place_blocks(struct placing *p, struct content *c)
{
	bool follows = !p->l->far;

	for (uint32_t i = 0; i < c->nblocks; i++) {
		struct block *b = &c->blocks[i];
		uint32_t len;

		if (b->kind == BLOCK_XIP) {
			follows = false;
			continue;
		}
		b->kind = settled_kind(p, c, i);
		if (b->kind == BLOCK_HOLE)
			continue;
		len = b->kind == BLOCK_RAW ? block_want(c, i) : b->packed_size;
		if (p->at + len >= IMAGE_MAX_CLASSIC)
			follows = false;
		b->direct = !follows;
		if (b->direct && p->o->classic)
			p->unreachable = true;
		if (b->direct) {
			p->at = align_up64(p->at, 4);
			len += b->kind == BLOCK_ZLIB ? 2 : 0; /* the stream's length comes first */
		}
		b->start = p->at;
		p->at += len;
		/* a reader takes a direct raw block for a whole page when it looks for the next */
		follows = !(b->direct && b->kind == BLOCK_RAW && len < IMAGE_PAGE);
	}
}

/* XIP pages: the first content with these bytes places them, its twins point to the same. */
static void
place_xip(struct placing *p)
{
	p->l->xip_start = p->l->xip_end = p->at;
	for (size_t k = 0; k < p->all->count; k++) {
		struct content *c = p->all->list[k];

		for (uint32_t i = 0; i < c->nblocks; i++) {
			struct block *b = &c->blocks[i];

			if (b->kind != BLOCK_XIP)
				continue;
			b->direct = !last_full(c, i);
			if (c->twin) {
				b->start = c->twin->blocks[i].start;
				continue;
			}
			if (p->l->xip_start == p->l->xip_end)
				p->l->xip_start = p->at = align_up64(p->at, IMAGE_PAGE);
			b->start = p->at;
			p->at += IMAGE_PAGE;
			p->l->xip_end = p->at;
		}
	}
}

/* Far only: last pages that are full have END pointers, which may not reach: compress them then. */
static void
demote_last_pages(struct placing *p)
{
	for (size_t k = 0; k < p->all->count; k++) {
		struct content *c = p->all->list[k];
		struct block *b = &c->blocks[c->nblocks - 1];

		if (last_full(c, c->nblocks - 1) && b->kind == BLOCK_XIP)
			b->kind = BLOCK_ZLIB;
	}
}

/* The pointers of one content, now that all places are known. */
static void
set_pointers(struct placing *p, struct content *c)
{
	uint64_t end = c->table + 4 * (uint64_t)c->nblocks; /* of the block before */

	for (uint32_t i = 0; i < c->nblocks; i++) {
		struct block *b = &c->blocks[i];
		bool raw = b->kind == BLOCK_RAW || b->kind == BLOCK_XIP;
		uint32_t value, len = raw ? block_want(c, i) : b->packed_size;

		if (b->direct) {
			value = (uint32_t)(b->start >> 2);
			end = raw ? b->start + IMAGE_PAGE : b->start + 2 + len;
		} else {
			end = b->kind == BLOCK_HOLE ? end : b->start + len;
			if (end >= IMAGE_MAX_CLASSIC)
				p->unreachable = true;
			value = (uint32_t)end;
		}
		b->pointer = value | (raw ? IMAGE_POINTER_RAW : 0) |
			     (b->direct ? IMAGE_POINTER_DIRECT : 0);
		p->l->kinds[b->kind]++;
		if (b->kind == BLOCK_HOLE)
			p->l->flags |= IMAGE_FLAG_HOLES;
		if (raw || b->direct)
			p->l->flags |= IMAGE_FLAG_EXT_POINTERS;
	}
	p->l->blocks += c->nblocks;
}

static bool
place_all(struct placing *p, struct node *root, bool far, struct error *error)
{
	struct layout *l = p->l;

	*l = (struct layout){.base = p->o->pad ? IMAGE_PAD : 0, .far = far};
	l->flags = IMAGE_FLAG_VERSION_2 | IMAGE_FLAG_SORTED_DIRS;
	p->at = l->base + IMAGE_SUPERBLOCK;
	p->unreachable = false;
	if (!place_directory(p, root, error))
		return false;
	if (far) {
		demote_last_pages(p);
		for (size_t i = 0; i < p->all->count; i++)
			place_table(p, p->all->list[i]);
		place_xip(p);
	}
	for (size_t i = 0; i < p->all->count; i++) {
		if (!far)
			place_table(p, p->all->list[i]);
		place_blocks(p, p->all->list[i]);
	}
	if (!far)
		place_xip(p);
	for (size_t i = 0; i < p->all->count; i++)
		set_pointers(p, p->all->list[i]);
	l->end = p->at;
	l->size = align_up64(p->at, IMAGE_PAGE);
	return true;
}

bool
layout_compute(struct layout *l, struct node *root, struct contents *all,
	       const struct layout_options *o, struct error *error)
{
	struct placing p = {.l = l, .all = all, .o = o};

	if (!place_all(&p, root, false, error))
		return false;
	if (p.unreachable && o->classic)
		return error_set(
			error, "image", 0,
			"%lu bytes: --classic images reach 256 MiB of tables, 1 GiB of data",
			(unsigned long)l->size);
	if (p.unreachable && !place_all(&p, root, true, error))
		return false;
	if (p.unreachable)
		return error_set(error, "image", 0,
				 "the pointer tables do not fit the first 256 MiB of the image");
	if (l->size > IMAGE_MAX_SIZE)
		return error_set(error, "image", 0, "%lu bytes: the format ends at 4 GiB",
				 (unsigned long)l->size);
	if (o->max_size && l->size > o->max_size)
		return error_set(error, "image", 0,
				 "%lu bytes, %lu more than --max-size (%lu of them are XIP pages)",
				 (unsigned long)l->size, (unsigned long)(l->size - o->max_size),
				 (unsigned long)(l->xip_end - l->xip_start));
	return true;
}
