#include "mkxip/content.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/must.h"
#include "mkxip/progress.h"

/* Two checksums together: equal content is found by it and then compared. */
static uint64_t
hash_of(const uint8_t *bytes, uint32_t size)
{
	return (uint64_t)crc32(0, bytes, size) << 32 | adler32(1, bytes, size);
}

static bool
load_file(const struct tree *t, const struct node *n, uint8_t *buf, struct error *error)
{
	char path[PATH_MAX];
	int fd = node_open(t, n);
	size_t have = 0;
	uint8_t more;
	ssize_t got = 0;
	int err;

	if (fd < 0)
		return error_set(error, node_path(n, path), errno, "cannot open file");
	while (have < n->size && (got = read(fd, buf + have, n->size - have)) > 0)
		have += (size_t)got;
	if (got >= 0 && have == n->size)
		got = read(fd, &more, 1);
	err = errno;
	close(fd);
	if (got < 0)
		return error_set(error, node_path(n, path), err, "cannot read file");
	if (have < n->size || got > 0)
		return error_set(error, node_path(n, path), 0, "changed while it was packed");
	return true;
}

static bool
load_node(const struct tree *t, const struct node *n, uint8_t *buf, struct error *error)
{
	if (!S_ISLNK(n->mode) && !n->bytes)
		return load_file(t, n, buf, error);
	memcpy(buf, n->bytes ? (const void *)n->bytes : n->target, n->size);
	return true;
}

bool
content_load(const struct tree *t, const struct content *c, uint8_t *buf, struct error *error)
{
	char path[PATH_MAX];

	if (!load_node(t, c->node, buf, error))
		return false;
	if (hash_of(buf, c->size) != c->hash)
		return error_set(error, node_path(c->node, path), 0, "changed while it was packed");
	return true;
}

/* The contents that have these bytes, from `c` on. */
static bool
same_bytes(const struct tree *t, const struct content *c, const uint8_t *bytes, uint32_t size,
	   uint64_t hash, uint8_t *scratch)
{
	struct error ignored;

	if (c->hash != hash || c->size != size)
		return false;
	/* what cannot be read again now is taken for different; writing will say so */
	return load_node(t, c->node, scratch, &ignored) && memcmp(scratch, bytes, size) == 0;
}

static bool
same_owner(const struct node *a, const struct node *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

static struct content *
new_content(struct contents *all, const struct node *n, uint64_t hash, struct content *twin)
{
	struct content *c = must_alloc(sizeof(*c));

	c->hash = hash;
	c->size = (uint32_t)n->size;
	c->nblocks = (c->size + IMAGE_PAGE - 1) / IMAGE_PAGE;
	c->node = n;
	c->twin = twin;
	c->selected = twin ? twin->selected : must_alloc(c->nblocks);
	must_reserve(&all->list, &all->capacity, all->count + 1, sizeof(*all->list));
	must_hash(&all->by_hash, hash, all->count);
	all->list[all->count++] = c;
	return c;
}

/* What one collecting walk needs. */
struct collecting {
	struct contents *all;
	struct tree *tree;
	const struct selection *selection;
	struct progress *progress;
	struct error *error;
	uint8_t *bytes, *scratch; /* of IMAGE_MAX_FILE each */
};

/* The content of a node that belongs to the same user; else *twin: one that belongs to another. */
static struct content *
find_content(const struct collecting *g, const struct node *n, uint64_t hash, struct content **twin)
{
	struct hash_index_walk walk = hash_index_walk(&g->all->by_hash, hash);
	size_t i;

	while (hash_index_next(&walk, &i)) {
		struct content *c = g->all->list[i];

		if (!same_bytes(g->tree, c, g->bytes, (uint32_t)n->size, hash, g->scratch))
			continue;
		*twin = c->twin ? c->twin : c;
		if (same_owner(c->node, n))
			return c;
	}
	return NULL;
}

static bool
collect(struct node *n, void *arg)
{
	struct collecting *g = arg;
	char path[PATH_MAX];
	struct content *c, *twin = NULL;
	uint32_t size = (uint32_t)n->size;
	uint64_t hash;

	progress_add(g->progress, 1);
	if ((!S_ISREG(n->mode) && !S_ISLNK(n->mode)) || size == 0)
		return true;
	if (!load_node(g->tree, n, g->bytes, g->error))
		return false;
	hash = hash_of(g->bytes, size);
	c = find_content(g, n, hash, &twin);
	if (c)
		g->all->shared_files++;
	else
		c = new_content(g->all, n, hash, twin);
	n->content = c;
	if (n->in_place)
		memset(c->selected, 1, size / IMAGE_PAGE);
	else if (S_ISREG(n->mode) && !n->bytes)
		select_pages(g->selection, node_path(n, path), g->bytes, size, c->selected);
	return true;
}

bool
contents_collect(struct contents *all, struct tree *t, const struct selection *s,
		 struct progress *p, struct error *error)
{
	struct collecting g = {
		.all = all, .tree = t, .selection = s, .progress = p, .error = error};
	bool good;

	g.bytes = must_alloc(IMAGE_MAX_FILE + 1);
	g.scratch = must_alloc(IMAGE_MAX_FILE + 1);
	progress_begin(p, "reading", t->files);
	good = tree_walk(t->root, collect, &g);
	progress_end(p);
	free(g.bytes);
	free(g.scratch);
	return good;
}

static bool
is_zero(const uint8_t *bytes, uint32_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Compress block i; the stream goes to the end of c->packed. */
static void
compress_block(struct content *c, uint32_t i, const uint8_t *bytes, int level, size_t *used,
	       size_t *capacity)
{
	uint32_t want = block_want(c, i);
	uLongf len = compressBound(want);

	must_reserve(&c->packed, capacity, *used + len, 1);
	/* cannot fail: the room is what zlib asks for, and the level was checked */
	if (compress2(c->packed + *used, &len, bytes, want, level) != Z_OK)
		abort();
	c->blocks[i].packed_offset = (uint32_t)*used;
	c->blocks[i].packed_size = (uint16_t)len;
	*used += len;
}

static void
compress_content(struct content *c, const uint8_t *bytes, int level)
{
	size_t used = 0, capacity = 0;

	for (uint32_t i = 0; i < c->nblocks; i++) {
		struct block *b = &c->blocks[i];
		const uint8_t *block = bytes + (size_t)i * IMAGE_PAGE;
		bool last_full = i == c->nblocks - 1 && c->size % IMAGE_PAGE == 0;

		if (c->selected[i])
			b->kind = BLOCK_XIP;
		else if (is_zero(block, block_want(c, i)))
			b->kind = BLOCK_HOLE;
		/* the layout may have to store other kinds compressed where pointers do not reach
		 */
		if (b->kind != BLOCK_XIP || last_full)
			compress_block(c, i, block, level, &used, &capacity);
	}
	if (used) {
		uint8_t *fit = realloc(c->packed, used);

		c->packed = fit ? fit : c->packed;
	}
}

bool
contents_compress(struct contents *all, const struct tree *t, int level, struct progress *p,
		  struct error *error)
{
	uint8_t *bytes = must_alloc(IMAGE_MAX_FILE + 1);
	bool good = true;

	progress_begin(p, "compressing", all->count);
	for (size_t i = 0; good && i < all->count; i++) {
		struct content *c = all->list[i];

		if (!c->twin)
			select_settle(c->size, c->selected);
		c->blocks = must_alloc(c->nblocks * sizeof(*c->blocks));
		good = content_load(t, c, bytes, error);
		if (good)
			compress_content(c, bytes, level);
		progress_add(p, 1);
	}
	progress_end(p);
	free(bytes);
	return good;
}

void
contents_free(struct contents *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct content *c = all->list[i];

		if (!c->twin)
			free(c->selected);
		free(c->blocks);
		free(c->packed);
		free(c);
	}
	free(all->list);
	hash_index_free(&all->by_hash);
	*all = (struct contents){0};
}
