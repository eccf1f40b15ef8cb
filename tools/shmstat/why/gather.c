#include "shmstat/why/gather.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/why/cause.h"

/* NULL without memory; then *g knows. */
static struct item *
new_item(struct gathered *g)
{
	if (!array_reserve(&g->items, &g->capacity, g->count + 1, sizeof(*g->items))) {
		g->no_memory = true;
		return NULL;
	}
	g->items[g->count] = (struct item){.serial = g->count};
	return &g->items[g->count++];
}

static char *
copy(struct gathered *g, const char *s)
{
	char *c = strdup(s ? s : "");

	g->no_memory |= !c;
	return c;
}

bool
gather_sections(const struct explanation *e, void *arg)
{
	uint64_t start = e->page->address - e->object->bias, end = start + system_page_size();
	const struct elf_section *sections = NULL;
	size_t count = e->file ? elffile_sections(e->file, &sections) : 0, found = 0;
	struct gathered *g = arg;

	for (size_t i = 0; i <= count && !g->no_memory; i++) {
		const struct elf_section *s = i < count ? &sections[i] : NULL;
		struct item *it;

		/* behind the last: what lies in no section */
		if (s ? s->address >= end || s->address + s->size <= start : found != 0)
			continue;
		found++;
		it = new_item(g);
		if (!it)
			break;
		it->object = e->object->path;
		it->kind = "";
		it->section = copy(g, s ? s->name : "-");
		it->address = s ? s->address : 0;
		it->size = s ? s->size : 0;
		it->by_reason[e->reason] = 1;
	}
	return !g->no_memory;
}

bool
gather_symbols(const struct explanation *e, void *arg)
{
	struct gathered *g = arg;

	for (size_t i = 0; i < e->cause_count && !g->no_memory; i++) {
		const struct cause *c = &e->causes[i];
		struct item *it = new_item(g);
		struct origin origin = {0};
		bool slot = c->class == RELOC_GOT || c->class == RELOC_JUMP_SLOT;

		if (!it)
			break;
		if (g->with_lines)
			origin = cause_origin(e, c);
		it->object = e->object->path;
		it->kind = cause_kind(c);
		it->reason = c->reason;
		it->page = e->page->address;
		it->pages = 1;
		it->words = c->words;
		it->address = c->symbol && !slot ? c->symbol->address : c->address;
		it->size = c->symbol && !slot ? c->symbol->size : 0;
		it->name = cause_name(e, c);
		it->section = copy(g, c->section ? c->section->name : "");
		it->type = copy(g, origin.type);
		it->source = origin_text(&origin);
		g->no_memory |= !it->name || !it->source;
	}
	return !g->no_memory;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = strcmp(x->object, y->object);

	if (c)
		return c;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	c = strcmp(x->kind, y->kind);
	if (c)
		return c;
	c = strcmp(x->section, y->section);
	return c ? c : (x->serial > y->serial) - (x->serial < y->serial);
}

static bool
is_same(const struct item *x, const struct item *y)
{
	return strcmp(x->object, y->object) == 0 && x->address == y->address &&
	       x->reason == y->reason && strcmp(x->kind, y->kind) == 0 &&
	       strcmp(x->section, y->section) == 0;
}

static void
free_item(struct item *it)
{
	free(it->name);
	free(it->section);
	free(it->type);
	free(it->source);
}

void
items_merge(struct gathered *g)
{
	size_t kept = 0;

	if (g->no_memory || g->count == 0)
		return;
	qsort(g->items, g->count, sizeof(*g->items), compare_items);
	for (size_t i = 1; i < g->count; i++) {
		struct item *to = &g->items[kept], *it = &g->items[i];

		if (!is_same(to, it)) {
			g->items[++kept] = *it;
			continue;
		}
		to->pages += it->page != to->page;
		to->page = it->page;
		to->words += it->words;
		for (int r = 0; r < REASON_COUNT; r++)
			to->by_reason[r] += it->by_reason[r];
		free_item(it);
	}
	g->count = kept + 1;
}

void
items_clear(struct gathered *g)
{
	for (size_t i = 0; i < g->count; i++)
		free_item(&g->items[i]);
	free(g->items);
	g->items = NULL;
	g->count = g->capacity = 0;
}
