#include "xipstore/differences.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/files.h"
#include "xipstore/relocs.h"

/* An object whose pages are compared. */
struct subject {
	const struct index_record *record;
	struct relocs relocs;
	int baseline; /* descriptor of the file of baseline pages */
};

static bool
subject_open(struct subject *s, const struct comparison *c, uint64_t address)
{
	char path[STORE_PATH + 96];

	s->record = index_at(c->index, address);
	if (!s->record || !s->record->relocated_id)
		return false;
	snprintf(path, sizeof(path), "%s/relocated/%lx", c->store->epoch_dir,
		 (unsigned long)s->record->relocated_id);
	s->baseline = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->baseline < 0)
		return false;
	relocs_read(&s->relocs, s->record->path);
	return true;
}

static void
subject_close(struct subject *s)
{
	relocs_free(&s->relocs);
	close(s->baseline);
}

/* The baseline page of this address: they stand together in the order of the writable segments. */
static bool
baseline_page(const struct subject *s, uint64_t address, uint64_t *page)
{
	uint64_t offset = address - s->record->slot + s->relocs.low, number = 0;

	for (size_t i = 0; i < s->relocs.nwritable; i++) {
		const struct segment *seg = &s->relocs.writable[i];

		if (offset - seg->address < seg->pages * page_size) {
			number += (offset - seg->address) / page_size;
			return number < s->record->relocated_pages &&
			       pread(s->baseline, page, page_size,
				     (off_t)(s->record->relocated_offset + number * page_size)) ==
				       (ssize_t)page_size;
		}
		number += seg->pages;
	}
	return false;
}

/* The plan's own page at this address. */
static const char *
closure_page(const struct plan *p, uint64_t address)
{
	for (uint64_t i = 0; i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (m->file == PLAN_SELF && address - m->address < m->size)
			return p->bytes + m->offset + (address - m->address);
	}
	return NULL;
}

static bool
is_loader(const struct comparison *c, uint64_t value)
{
	return c->store->has_epoch && format_is_loader(value, c->store->base);
}

static const char *
object_here(const struct comparison *c, uint64_t value)
{
	const struct plan_object *obj = plan_object_at(c->objects, c->nobjects, value);
	const struct index_record *r;

	if (value == 0)
		return "undefined";
	if (is_loader(c, value))
		return "xipld";
	if (obj && value < obj->high)
		return obj->path;
	r = index_at(c->index, value);
	return r ? r->path : NULL;
}

static const char *
object_at_baseline(const struct comparison *c, uint64_t value)
{
	const struct index_record *r = index_at(c->index, value);

	if (value == 0)
		return "undefined";
	return is_loader(c, value) ? "xipld" : r ? r->path : NULL;
}

static const char *
kind_of(const struct reloc *reloc)
{
	if (!reloc)
		return "other";
	switch (reloc->kind) {
	case RELOC_DTPMOD:
	case RELOC_DTPOFF:
	case RELOC_TPOFF:
	case RELOC_TLSDESC:
		return "thread-local";
	case RELOC_ADDRESS:
	case RELOC_FUNCTION:
	case RELOC_IRELATIVE:
		return "address";
	default:
		return "other";
	}
}

static void
add_difference(const struct comparison *c, struct differences *found, const struct reloc *reloc,
	       uint64_t here, uint64_t baseline)
{
	struct difference d = {.kind = kind_of(reloc)};
	const char *symbol = reloc ? reloc->symbol : "";

	if (strcmp(d.kind, "address") == 0) {
		d.here = object_here(c, here);
		d.baseline = object_at_baseline(c, baseline);
	}
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->list[i].symbol, symbol) == 0 && found->list[i].kind == d.kind &&
		    found->list[i].here == d.here && found->list[i].baseline == d.baseline)
			return;
	must_reserve(&found->list, &found->capacity, found->count + 1, sizeof(*found->list));
	d.symbol = must_strdup(symbol);
	found->list[found->count++] = d;
}

static void
compare_page(const struct comparison *c, const struct subject *s, uint64_t address,
	     struct differences *found)
{
	uint64_t *baseline = must_array(page_size, 1);
	const char *closure = closure_page(c->plan, address);

	if (closure && baseline_page(s, address, baseline)) {
		for (size_t i = 0; i < page_size / 8; i++) {
			uint64_t offset = address + i * 8 - s->record->slot + s->relocs.low, word;

			memcpy(&word, closure + i * 8, 8);
			if (word != baseline[i])
				add_difference(c, found, relocs_at(&s->relocs, offset), word,
					       baseline[i]);
		}
	}
	free(baseline);
}

void
differences_find(const struct comparison *c, uint64_t address, uint64_t pages,
		 struct differences *found)
{
	struct subject subject;

	*found = (struct differences){0};
	if (!subject_open(&subject, c, address))
		return;
	for (uint64_t i = 0;
	     i < pages && address + i * page_size < subject.record->slot + subject.record->span;
	     i++)
		compare_page(c, &subject, address + i * page_size, found);
	subject_close(&subject);
}

void
differences_free(struct differences *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->list[i].symbol);
	free(found->list);
	*found = (struct differences){0};
}
