#include "view_private.h"

#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "reader_internal.h"

/* NULL without memory; then the view knows. */
static struct item *
new_item(struct private_view *v)
{
	struct item *larger = array_grow(v->items, v->count, &v->room, sizeof(*larger));

	if (!larger) {
		v->no_memory = true;
		return NULL;
	}
	v->items = larger;
	larger[v->count] = (struct item){.serial = v->count};
	return &larger[v->count++];
}

static char *
copy(struct private_view *v, const char *s)
{
	char *c = strdup(s ? s : "");

	v->no_memory |= !c;
	return c;
}

bool
gather_sections(const struct explanation *e, void *arg)
{
	uint64_t start = e->page->address - e->object->bias, end = start + page_size();
	const struct elf_section *sections = NULL;
	size_t count = e->file ? elffile_sections(e->file, &sections) : 0, found = 0;
	struct private_view *v = arg;

	for (size_t i = 0; i <= count && !v->no_memory; i++) {
		const struct elf_section *s = i < count ? &sections[i] : NULL;
		struct item *it;

		/* behind the last: what lies in no section */
		if (s ? s->address >= end || s->address + s->size <= start : found != 0)
			continue;
		found++;
		it = new_item(v);
		if (!it)
			break;
		it->object = e->object->path;
		it->kind = "";
		it->section = copy(v, s ? s->name : "-");
		it->address = s ? s->address : 0;
		it->size = s ? s->size : 0;
		it->by_reason[e->reason] = 1;
	}
	return !v->no_memory;
}

bool
gather_symbols(const struct explanation *e, void *arg)
{
	struct private_view *v = arg;

	for (size_t i = 0; i < e->cause_count && !v->no_memory; i++) {
		const struct cause *c = &e->causes[i];
		struct item *it = new_item(v);
		struct origin origin = {0};
		bool slot = c->class == RELOC_GOT || c->class == RELOC_JUMP_SLOT;

		if (!it)
			break;
		if (v->with_lines)
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
		it->section = copy(v, c->section ? c->section->name : "");
		it->type = copy(v, origin.type);
		it->source = origin_text(&origin);
		v->no_memory |= !it->name || !it->source;
	}
	return !v->no_memory;
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
items_merge(struct private_view *v)
{
	size_t kept = 0;

	if (v->no_memory || v->count == 0)
		return;
	qsort(v->items, v->count, sizeof(*v->items), compare_items);
	for (size_t i = 1; i < v->count; i++) {
		struct item *to = &v->items[kept], *it = &v->items[i];

		if (!is_same(to, it)) {
			v->items[++kept] = *it;
			continue;
		}
		to->pages += it->page != to->page;
		to->page = it->page;
		to->words += it->words;
		for (int r = 0; r < REASON_COUNT; r++)
			to->by_reason[r] += it->by_reason[r];
		free_item(it);
	}
	v->count = kept + 1;
}

void
items_clear(struct private_view *v)
{
	for (size_t i = 0; i < v->count; i++)
		free_item(&v->items[i]);
	free(v->items);
	v->items = NULL;
	v->count = v->room = 0;
}
