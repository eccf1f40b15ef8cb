/* Where everything lies: checked by walking the pointers as a reader does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/must.h"
#include "mkxip/encode.h"
#include "mkxip/layout.h"

struct world {
	struct node root;
	struct contents all;
};

static struct node *
add_node(struct world *w, struct node *dir, const char *name, uint32_t mode)
{
	struct node *n = must_alloc(sizeof(*n));

	n->name = must_strdup(name);
	n->parent = dir;
	n->mode = mode;
	must_reserve(&dir->children, &dir->capacity, dir->nchildren + 1, sizeof(*dir->children));
	dir->children[dir->nchildren++] = n;
	(void)w;
	return n;
}

/* A file of that size, its blocks as the letters say: x in place, z compressed to `packed` bytes, h
 * a hole (which could be compressed to 20). The last letter stands for all that follow. */
static struct content *
add_file(struct world *w, const char *name, uint32_t size, const char *kinds, uint16_t packed)
{
	struct node *n = add_node(w, &w->root, name, S_IFREG | 0644);
	struct content *c = must_alloc(sizeof(*c));

	n->size = size;
	n->content = c;
	c->node = n;
	c->size = size;
	c->nblocks = (size + IMAGE_PAGE - 1) / IMAGE_PAGE;
	c->blocks = must_alloc(c->nblocks * sizeof(*c->blocks));
	for (uint32_t i = 0; i < c->nblocks; i++) {
		char kind = i < strlen(kinds) ? kinds[i] : kinds[strlen(kinds) - 1];

		c->blocks[i].kind = kind == 'x' ? BLOCK_XIP : kind == 'h' ? BLOCK_HOLE : BLOCK_ZLIB;
		c->blocks[i].packed_size = kind == 'h' ? 20 : packed;
	}
	must_reserve(&w->all.list, &w->all.capacity, w->all.count + 1, sizeof(*w->all.list));
	w->all.list[w->all.count++] = c;
	return c;
}

static void
end_world(struct world *w)
{
	for (size_t i = 0; i < w->root.nchildren; i++) {
		free(w->root.children[i]->name);
		free(w->root.children[i]);
	}
	for (size_t i = 0; i < w->all.count; i++) {
		free(w->all.list[i]->blocks);
		free(w->all.list[i]);
	}
	free(w->root.children);
	free(w->all.list);
}

static struct world
begin_world(void)
{
	return (struct world){.root = {.name = "", .mode = S_IFDIR | 0755}};
}

/* What a reader takes for the end of the block before, after reading this pointer. */
static uint64_t
readers_end(const struct block *b)
{
	uint64_t value = b->pointer & 0x3fffffff;

	if (!(b->pointer & IMAGE_POINTER_DIRECT))
		return value;
	if (b->pointer & IMAGE_POINTER_RAW)
		return (value << 2) + IMAGE_PAGE;
	return (value << 2) + 2 + b->packed_size;
}

static uint64_t
block_bytes(const struct content *c, uint32_t i)
{
	const struct block *b = &c->blocks[i];

	if (b->kind == BLOCK_HOLE)
		return 0;
	return b->kind == BLOCK_ZLIB ? b->packed_size + (b->direct ? 2u : 0u) : block_want(c, i);
}

/* A reader must find every block where the writer puts it. */
static void
assert_readable(const struct layout *l, const struct content *c)
{
	uint64_t start = c->table + 4 * (uint64_t)c->nblocks;

	assert_int_equal(c->table % 4, 0);
	assert_true(c->table < IMAGE_MAX_TABLE);
	for (uint32_t i = 0; i < c->nblocks; i++) {
		const struct block *b = &c->blocks[i];
		uint64_t bytes = block_bytes(c, i), value = b->pointer & 0x3fffffff;

		assert_int_equal(b->direct, (b->pointer & IMAGE_POINTER_DIRECT) != 0);
		if (b->direct) {
			assert_int_equal(b->start, value << 2);
		} else {
			assert_int_equal(value, start + bytes);
			if (b->kind != BLOCK_HOLE)
				assert_int_equal(b->start, start);
		}
		assert_int_equal(b->kind == BLOCK_XIP || b->kind == BLOCK_RAW,
				 (b->pointer & IMAGE_POINTER_RAW) != 0);
		if (b->kind == BLOCK_XIP)
			assert_int_equal(b->start % IMAGE_PAGE, 0);
		assert_true(b->start + bytes <= l->size);
		start = readers_end(b);
	}
}

static void
assert_all_readable(const struct layout *l, const struct world *w)
{
	for (size_t i = 0; i < w->all.count; i++)
		assert_readable(l, w->all.list[i]);
	assert_int_equal(l->size % IMAGE_PAGE, 0);
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static void
every_mixture_of_blocks_is_readable(void **state)
{
	static const char *const mixtures[] = {"z",	"x",   "h",	"zx",	 "xz",
					       "xhz",	"zhx", "hxzhz", "xxzzx", "zxhxz",
					       "xhhzz", "hhx", "zzxxhh"};
	struct layout_options o = {0};
	struct error error;
	struct layout l;

	(void)state;
	for (uint16_t packed = 1; packed < 4110; packed = (uint16_t)(packed * 3 + 1)) {
		struct world w = begin_world();

		for (size_t i = 0; i < sizeof(mixtures) / sizeof(*mixtures); i++) {
			uint32_t full = (uint32_t)strlen(mixtures[i]) * IMAGE_PAGE;

			add_file(&w, "f", full - 1000, mixtures[i], packed);
			/* a selection is settled before: a full last XIP block follows another */
			if (!ends_with(mixtures[i], "x") || ends_with(mixtures[i], "xx"))
				add_file(&w, "g", full, mixtures[i], packed);
		}
		assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
		assert_false(l.far);
		assert_all_readable(&l, &w);
		assert_int_equal(l.kinds[BLOCK_XIP] * IMAGE_PAGE, l.xip_end - l.xip_start);
		end_world(&w);
	}
}

static void
xip_pages_lie_together_without_gaps(void **state)
{
	struct world w = begin_world();
	struct layout_options o = {.pad = true};
	struct error error;
	struct layout l;
	uint64_t next;

	(void)state;
	for (int i = 0; i < 400; i++)
		add_file(&w, "tiny", 120, "x", 100);
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	next = l.xip_start;
	for (size_t i = 0; i < w.all.count; i++, next += IMAGE_PAGE)
		assert_int_equal(w.all.list[i]->blocks[0].start, next);
	assert_int_equal(next, l.xip_end);
	assert_int_equal(l.size, l.xip_end);
	assert_all_readable(&l, &w);
	end_world(&w);
}

static void
full_last_blocks_are_what_stock_readers_can_read(void **state)
{
	struct world w = begin_world();
	struct content *pages = add_file(&w, "a", 2 * IMAGE_PAGE, "xx", 100),
		       *hole = add_file(&w, "b", 2 * IMAGE_PAGE, "hh", 0),
		       *random = add_file(&w, "c", 2 * IMAGE_PAGE, "zz", 4107),
		       *partial = add_file(&w, "d", 2 * IMAGE_PAGE - 1, "hh", 0);
	struct layout_options o = {0};
	struct error error;
	struct layout l;

	(void)state;
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_int_equal(pages->blocks[1].pointer >> 30, 2); /* raw, not direct */
	assert_int_equal(pages->blocks[1].start, pages->blocks[0].start + IMAGE_PAGE);
	assert_int_equal(hole->blocks[0].kind, BLOCK_HOLE);
	assert_int_equal(hole->blocks[1].kind, BLOCK_ZLIB);
	assert_int_equal(random->blocks[0].kind, BLOCK_RAW);
	assert_int_equal(random->blocks[1].kind, BLOCK_ZLIB);
	assert_int_equal(partial->blocks[1].kind, BLOCK_HOLE);
	assert_all_readable(&l, &w);
	end_world(&w);
}

static void
classic_images_use_no_extension(void **state)
{
	struct world w = begin_world();
	struct layout_options o = {.classic = true};
	struct error error;
	struct layout l;

	(void)state;
	add_file(&w, "a", 5 * IMAGE_PAGE, "zhz", 4107);
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_int_equal(l.flags, IMAGE_FLAG_VERSION_2 | IMAGE_FLAG_SORTED_DIRS);
	assert_all_readable(&l, &w);
	end_world(&w);
}

static void
twins_share_their_pages(void **state)
{
	struct world w = begin_world();
	struct content *a = add_file(&w, "a", 3 * IMAGE_PAGE, "xzx", 50),
		       *b = add_file(&w, "b", 3 * IMAGE_PAGE, "xzx", 50);
	struct layout_options o = {0};
	struct error error;
	struct layout l;

	(void)state;
	a->blocks[1].kind = b->blocks[1].kind = BLOCK_XIP;
	b->twin = a;
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_int_equal(l.xip_end - l.xip_start, 3 * IMAGE_PAGE);
	assert_int_not_equal(a->table, b->table);
	for (int i = 0; i < 3; i++)
		assert_int_equal(a->blocks[i].start, b->blocks[i].start);
	assert_all_readable(&l, &w);
	end_world(&w);
}

/* 320 MB of data between the tables: they would lie past 256 MiB, so all tables come first. */
static void
big_images_have_their_tables_first(void **state)
{
	struct world w = begin_world();
	struct layout_options o = {0};
	struct error error;
	struct layout l;

	(void)state;
	for (int i = 0; i < 100; i++) {
		add_file(&w, "f", 4000 * IMAGE_PAGE, "xzhzzzxx", 4001);
		add_file(&w, "g", 4000 * IMAGE_PAGE - 7, "zhz", 4000);
	}
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_true(l.far);
	assert_true(l.size > IMAGE_MAX_CLASSIC);
	assert_int_equal(l.kinds[BLOCK_HOLE], 0);
	assert_all_readable(&l, &w);
	end_world(&w);
}

static void
what_does_not_fit_is_refused(void **state)
{
	struct world w = begin_world();
	struct layout_options o = {.max_size = 3 * IMAGE_PAGE};
	struct error error;
	struct layout l;

	(void)state;
	add_file(&w, "f", 3 * IMAGE_PAGE, "xxx", 0);
	assert_false(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_string_equal(error.what, "16384 bytes, 4096 more than --max-size (12288 of them are "
					"XIP pages)");
	o.max_size = 4 * IMAGE_PAGE;
	assert_true(layout_compute(&l, &w.root, &w.all, &o, &error));
	o.max_size = 0;
	for (int i = 0; i < 300; i++)
		add_file(&w, "g", 4090 * IMAGE_PAGE, "x", 0);
	assert_false(layout_compute(&l, &w.root, &w.all, &o, &error));
	assert_non_null(strstr(error.what, "4 GiB"));
	end_world(&w);
}

/* The words of CRAMFS's golden example. */
static void
inodes_are_bit_fields_of_either_order(void **state)
{
	static const uint8_t little[] = {0xa4, 0x81, 0, 0, 0x88, 0x13, 0, 0, 0x81, 0x12, 0, 0},
			     big[] = {0x41, 0xed, 0, 0, 0, 0, 0x90, 0, 0, 0, 0, 0x13};
	struct content c = {.size = 5000, .table = 296};
	struct node file = {.name = "abcd", .mode = 0100644, .content = &c},
		    root = {.name = "", .mode = 040755, .size = 144, .offset = 76};
	uint8_t bytes[12];

	(void)state;
	encode_inode(bytes, &file, false);
	assert_memory_equal(bytes, little, 12);
	encode_inode(bytes, &root, true);
	assert_memory_equal(bytes, big, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mixture_of_blocks_is_readable),
		cmocka_unit_test(xip_pages_lie_together_without_gaps),
		cmocka_unit_test(full_last_blocks_are_what_stock_readers_can_read),
		cmocka_unit_test(classic_images_use_no_extension),
		cmocka_unit_test(twins_share_their_pages),
		cmocka_unit_test(big_images_have_their_tables_first),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(inodes_are_bit_fields_of_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
