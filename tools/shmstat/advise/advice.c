/* The static view of one file: relocations gathered into things with names, and into pages. */
#include "shmstat/advise/advice.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/advise/remedies.h"
#include "shmstat/sym/dynamic.h"
#include "shmstat/sym/elffile_impl.h"
#include "shmstat/sym/symbols.h"

/* A COPY relocation is as long as its symbol says; no program copies a longer object. */
#define MOST_PAGES_A_RELOCATION 1024

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool
in_segments(const struct elffile *f, uint64_t address)
{
	for (size_t i = 0; i < f->segment_count; i++)
		if (address >= f->segments[i].address &&
		    address - f->segments[i].address < f->segments[i].memory_size)
			return true;
	return false;
}

static bool
in_text(const struct elffile *f, uint64_t address)
{
	for (size_t i = 0; i < f->segment_count; i++)
		if (address >= f->segments[i].address &&
		    address - f->segments[i].address < f->segments[i].memory_size)
			return !(f->segments[i].flags & PF_W);
	return false;
}

static bool
in_relro(const struct elffile *f, uint64_t address)
{
	return address >= f->relro_start && address < f->relro_end;
}

/* The pages that a relocation writes to: the first one, and how many. */
static size_t
pages_of(const struct advice *a, const struct reloc *r, uint64_t *first)
{
	uint64_t offset = r->address & (a->page - 1), pages;

	*first = r->address - offset;
	pages = r->size ? (offset + r->size - 1) / a->page + 1 : 1;
	/* one that reaches past the end of the address space is damage, too */
	if (pages > MOST_PAGES_A_RELOCATION || *first > UINT64_MAX - pages * a->page)
		return 1;
	return (size_t)pages;
}

static int
by_page(const void *a, const void *b)
{
	const struct advice_page *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static struct advice_page *
page_at(const struct advice *a, uint64_t address)
{
	struct advice_page key = {.address = address & ~(a->page - 1)};

	return a->page_count ? bsearch(&key, a->pages, a->page_count, sizeof(key), by_page) : NULL;
}

struct page_list {
	struct advice_page *pages;
	size_t count, capacity;
};

static bool
add_page(struct page_list *list, uint64_t address)
{
	if (list->count && list->pages[list->count - 1].address == address)
		return true;
	if (!array_reserve(&list->pages, &list->capacity, list->count + 1, sizeof(*list->pages)))
		return false;
	list->pages[list->count++] = (struct advice_page){.address = address};
	return true;
}

/* What ld.so writes besides relocations: the pointers of the dynamic section, which glibc and musl
 * turn into addresses in place (not on RISC-V), and GOT[1], GOT[2] for lazy binding. */
static bool
dynamic_page(const struct elffile *f, const struct dynamic *d, int which, uint64_t *address)
{
	if (!d->present)
		return false;
	*address = which == 2 ? d->pltgot : f->dynamic_address;
	if (which == 0)
		return f->header.e_machine != EM_RISCV;
	if (which == 1)
		*address += f->dynamic_size ? f->dynamic_size - 1 : 0;
	return which == 1 ? f->header.e_machine != EM_RISCV
			  : d->pltgot && d->jmprel_size && !d->bind_now;
}

/* Where the file ends in the middle of a page of a writable segment, the rest is zeroed. */
static bool
bss_page(const struct elf_segment *s, uint64_t page, uint64_t *address)
{
	*address = (s->address + s->file_size) & ~(page - 1);
	return (s->flags & PF_W) && s->file_size && s->memory_size > s->file_size &&
	       ((s->address + s->file_size) & (page - 1));
}

static bool
list_pages(struct advice *a, struct page_list *list)
{
	const struct elffile *f = a->file;
	const struct dynamic *d = elffile_dynamic(a->file);
	const struct reloc *r;
	size_t count = relocs_all(a->file, &r);
	uint64_t address;

	for (size_t i = 0; i < count; i++) {
		if (!r[i].size)
			continue;
		if (!in_segments(f, r[i].address)) {
			a->outside++;
			continue;
		}
		for (size_t n = pages_of(a, &r[i], &address); n; n--, address += a->page)
			if (!add_page(list, address))
				return false;
	}
	for (int which = 0; which < 3; which++)
		if (dynamic_page(f, d, which, &address) && in_segments(f, address) &&
		    !add_page(list, address & ~(a->page - 1)))
			return false;
	for (size_t i = 0; i < f->segment_count; i++)
		if (bss_page(&f->segments[i], a->page, &address) && !add_page(list, address))
			return false;
	return true;
}

static bool
find_pages(struct advice *a)
{
	const struct elffile *f = a->file;
	struct page_list list = {0};
	struct advice_page *page;
	uint64_t address;
	bool good = list_pages(a, &list);

	a->pages = list.pages;
	if (list.count)
		qsort(list.pages, list.count, sizeof(*list.pages), by_page);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || list.pages[i].address != a->pages[a->page_count - 1].address)
			a->pages[a->page_count++] = list.pages[i];
	for (size_t i = 0; i < a->page_count; i++)
		a->pages[i].relro = in_relro(f, a->pages[i].address) &&
				    a->pages[i].address + a->page <=
					    ((f->relro_end + a->page - 1) & ~(a->page - 1));
	for (int which = 0; which < 3; which++)
		if (dynamic_page(f, elffile_dynamic(a->file), which, &address) &&
		    (page = page_at(a, address)))
			page->dynamic = true;
	for (size_t i = 0; i < f->segment_count; i++)
		if (bss_page(&f->segments[i], a->page, &address) && (page = page_at(a, address)))
			page->bss = true;
	return good;
}

static struct advice_item *
new_item(struct advice *a)
{
	if (!array_reserve(&a->items, &a->item_capacity, a->item_count + 1, sizeof(*a->items)))
		return NULL;
	a->items[a->item_count] = (struct advice_item){0};
	return &a->items[a->item_count++];
}

/* Names that the Itanium C++ ABI (5.1.4.1) and rustc give to what compilers make. */
static enum advice_kind
kind_by_name(const char *name)
{
	if (starts(name, "_ZTV") || starts(name, "_ZTC") || starts(name, "_ZTT") ||
	    starts(name, "vtable."))
		return ITEM_VTABLE;
	if (starts(name, "_ZTI"))
		return ITEM_TYPEINFO;
	return ITEM_OBJECT;
}

static enum advice_kind
kind_by_place(const struct advice *a, const struct reloc *r, const struct elf_section *s)
{
	if (r->class == RELOC_COPY)
		return ITEM_COPY;
	if (in_text(a->file, r->address))
		return ITEM_TEXT;
	if (r->class == RELOC_TLS)
		return ITEM_TLS;
	if (r->class == RELOC_JUMP_SLOT || (s && strcmp(s->name, ".got.plt") == 0))
		return ITEM_JUMP_SLOT;
	if (r->class == RELOC_GOT || (s && strcmp(s->name, ".got") == 0))
		return ITEM_GOT;
	if (s && (s->type == SHT_INIT_ARRAY || s->type == SHT_FINI_ARRAY ||
		  s->type == SHT_PREINIT_ARRAY))
		return ITEM_CONSTRUCTORS;
	return ITEM_UNNAMED;
}

/* What an entry of the GOT, a constructor, a copy refers to. */
static void
name_target(struct advice *a, struct advice_item *it, const struct reloc *r)
{
	struct reloc_target target;
	const struct symbol *s;

	reloc_target(a->file, r, &target);
	it->target = target.address;
	if (target.name) {
		it->symbol = *target.name ? target.name : NULL;
		return;
	}
	s = r->class == RELOC_TLS ? NULL : symbol_at(a->file, target.address, NULL);
	it->symbol = s ? s->name : NULL;
}

static void
name_object(struct advice_item *it, const struct symbol *s)
{
	it->kind = kind_by_name(s->name);
	it->symbol = s->name;
	it->address = s->address;
	it->size = s->size;
}

/* Does a further relocation belong to the last item? */
static bool
belongs(const struct advice_item *it, enum advice_kind place, const struct symbol *s,
	const struct elf_section *section)
{
	if (place != ITEM_UNNAMED && place != ITEM_TEXT)
		return false;
	if (s)
		return it->symbol == s->name && it->address == s->address;
	return (it->kind == ITEM_UNNAMED || it->kind == ITEM_TEXT) && !it->symbol &&
	       it->section == section;
}

static struct advice_item *
item_of(struct advice *a, const struct reloc *r)
{
	const struct elf_section *section = elffile_section_at(a->file, r->address);
	enum advice_kind place = kind_by_place(a, r, section);
	bool named = place == ITEM_UNNAMED || place == ITEM_TEXT;
	const struct symbol *s = named ? symbol_at(a->file, r->address, NULL) : NULL;
	struct advice_item *it = a->item_count ? &a->items[a->item_count - 1] : NULL;

	if (!it || !it->relocs || !belongs(it, place, s, section)) {
		it = new_item(a);
		if (!it)
			return NULL;
		it->kind = place;
		it->section = section;
		it->address = r->address;
		it->type = r->type;
		it->relro = in_relro(a->file, r->address);
		if (s)
			name_object(it, s);
		else if (!named)
			name_target(a, it, r);
		if (place == ITEM_TEXT)
			it->kind = ITEM_TEXT;
	}
	if (!s && r->address + r->size > it->address + it->size)
		it->size = r->address + r->size - it->address;
	return it;
}

static bool
needs_lookup(const struct reloc *r)
{
	return r->symbol != 0 && r->class != RELOC_NONE;
}

static void
count_in_pages(struct advice *a, struct advice_item *it, const struct reloc *r, unsigned remedies)
{
	size_t number = (size_t)(it - a->items) + 1;
	uint64_t address;

	for (size_t n = pages_of(a, r, &address); n; n--, address += a->page) {
		struct advice_page *page = page_at(a, address);

		if (!page)
			continue;
		page->relocs++;
		for (int remedy = 0; remedy < REMEDIES; remedy++)
			page->remedied[remedy] += (remedies >> remedy & 1) &&
						  advice_remedy_removes((enum remedy)remedy, r);
		if (page->last_item == number)
			continue;
		page->last_item = number;
		page->items++;
		it->pages++;
	}
}

/* Once all relocations of an item are counted its kind is known better. */
static void
settle_kind(const struct advice *a, struct advice_item *it)
{
	uint64_t word = a->file->word;

	if (it->kind != ITEM_OBJECT)
		return;
	if (it->size <= word)
		it->kind = ITEM_POINTER;
	else if (it->relocs == it->size / word)
		it->kind = ITEM_TABLE;
}

static void
add_to_remedy(struct advice_remedy *sum, enum remedy remedy, const struct reloc *r)
{
	bool gone = advice_remedy_removes(remedy, r);

	sum->relocs++;
	sum->gone += gone;
	sum->lookups += needs_lookup(r) && (gone || remedy == REMEDY_HIDDEN);
}

/*
 * Two walks: the first makes the items, as a remedy depends on what its item as a whole is; the
 * second counts.
 */
static bool
make_items(struct advice *a)
{
	const struct reloc *r;
	size_t count = relocs_all(a->file, &r), *item = calloc(count + 1, sizeof(*item));

	for (size_t i = 0; item && i < count; i++) {
		struct advice_item *it;

		a->relocs++;
		a->lookups += needs_lookup(&r[i]);
		a->by_class[r[i].class]++;
		a->relr += r[i].table == RELOC_RELR;
		if (!r[i].size)
			continue;
		it = item_of(a, &r[i]);
		if (!it) {
			free(item);
			return false;
		}
		item[i] = (size_t)(it - a->items) + 1;
		it->relocs++;
		it->lookups += needs_lookup(&r[i]);
		it->mixed_types |= it->type != r[i].type;
	}
	for (size_t i = 0; i < a->item_count; i++)
		settle_kind(a, &a->items[i]);
	for (size_t i = 0; item && i < count; i++) {
		struct advice_item *it = item[i] ? &a->items[item[i] - 1] : NULL;
		unsigned remedies = it ? advice_remedies_of(a, it, &r[i]) : 0;

		if (!it)
			continue;
		it->remedies |= remedies;
		count_in_pages(a, it, &r[i], remedies);
		for (int remedy = 0; remedy < REMEDIES; remedy++)
			if (remedies >> remedy & 1)
				add_to_remedy(&a->remedies[remedy], (enum remedy)remedy, &r[i]);
	}
	free(item);
	return item != NULL;
}

/* Writable variables that are not relocated: of interest where the file holds them (.bss is each
 * process's own in any case). */
static bool
add_writable(struct advice *a)
{
	const struct elf_section *sections;
	size_t count = elffile_sections(a->file, &sections), relocated = a->item_count;
	const struct symbol *s;
	size_t symbols = symbols_all(a->file, &s), next = 0;

	for (size_t i = 0; i < symbols; i++) {
		const struct elf_section *in = elffile_section_at(a->file, s[i].address);
		struct advice_item *it;

		if (!count || !in || s[i].kind != STT_OBJECT || !s[i].size ||
		    !(in->flags & SHF_WRITE) || in->type != SHT_PROGBITS ||
		    in_relro(a->file, s[i].address))
			continue;
		while (next < relocated && a->items[next].address < s[i].address)
			next++;
		if (next < relocated && a->items[next].address == s[i].address)
			continue;
		it = new_item(a);
		if (!it)
			return false;
		name_object(it, &s[i]);
		it->kind = ITEM_WRITABLE;
		it->section = in;
		it->pages = ((it->address + it->size - 1) & ~(a->page - 1)) / a->page -
			    it->address / a->page + 1;
	}
	return true;
}

/* Pages where relocated objects and others that the program may write lie together. */
static void
find_mixed(struct advice *a)
{
	for (size_t i = 0; i < a->item_count; i++) {
		struct advice_item *it = &a->items[i];
		const struct advice_page *page;

		if (it->kind != ITEM_WRITABLE)
			continue;
		page = page_at(a, it->address);
		it->mixed = page && page->relocs;
		if (it->mixed)
			it->remedies |= 1u << REMEDY_SEPARATE;
		else
			it->remedies |= 1u << REMEDY_CONST;
	}
}

static void
count_own_pages(struct advice *a)
{
	for (size_t i = 0; i < a->page_count; i++) {
		const struct advice_page *page = &a->pages[i];

		a->relocated_pages += page->relocs != 0;
		a->written_pages++;
		if (page->relocs && page->items == 1 && !page->dynamic && !page->bss)
			a->items[page->last_item - 1].own_pages++;
	}
}

/* The relocations of one section, and their pages; returns how many it had to look at. */
static size_t
count_section(struct advice *a, struct advice_section *to)
{
	const struct reloc *r;
	uint64_t end = to->address + to->size, first, next = 0;
	size_t count = relocs_in(a->file, to->address, end, &r);

	for (size_t i = 0; i < count; i++) {
		if (!reloc_writes(&r[i], to->address, end))
			continue;
		to->relocs++;
		for (size_t n = pages_of(a, &r[i], &first); n; n--, first += a->page) {
			to->pages += first >= next;
			if (first >= next)
				next = first + a->page;
		}
	}
	return count;
}

/* Every section with relocations; a page of two sections counts for both. */
static bool
make_sections(struct advice *a)
{
	const struct elf_section *s;
	size_t count = elffile_sections(a->file, &s), looked_at = 0;

	a->sections = calloc(count + 1, sizeof(*a->sections));
	if (!a->sections)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct advice_section *to = &a->sections[a->section_count];

		if ((s[i].flags & SHF_WRITE) && s[i].type != SHT_NOBITS)
			*(in_relro(a->file, s[i].address) ? &a->relro_bytes : &a->data_bytes) +=
				s[i].size;
		*to = (struct advice_section){
			.name = s[i].name, .address = s[i].address, .size = s[i].size};
		looked_at += count_section(a, to);
		a->section_count += to->relocs != 0;
		/* each relocation is in one section, or the headers lie */
		if (looked_at > 16 * a->relocs + 65536) {
			elffile_complain(a->file, "sections overlap (%s and others)", s[i].name);
			break;
		}
	}
	return true;
}

/* Where an item was written: the variable at its place, what it refers to, or the class. */
static const struct declaration *
declared(struct advice *a, const struct advice_item *it)
{
	const struct declaration *d = NULL;
	const char *class;

	switch (it->kind) {
	case ITEM_VTABLE:
	case ITEM_TYPEINFO:
		class = it->shown ? strstr(it->shown, " for ") : NULL;
		return class ? declaration_of_class(a->file, class + 5) : NULL;
	case ITEM_GOT:
	case ITEM_JUMP_SLOT:
	case ITEM_TLS:
	case ITEM_CONSTRUCTORS:
	case ITEM_TEXT:
		d = it->symbol ? declaration_named(a->file, it->symbol) : NULL;
		return d || !it->target ? d : declaration_at(a->file, it->target);
	default:
		d = declaration_at(a->file, it->address);
		return d || !it->symbol ? d : declaration_named(a->file, it->symbol);
	}
}

static void
name_items(struct advice *a, bool lines)
{
	lines = lines && lines_available(a->file);
	for (size_t i = 0; i < a->item_count; i++) {
		struct advice_item *it = &a->items[i];

		if (it->symbol)
			it->shown = symbol_demangle(it->symbol);
		if (lines)
			it->declared = declared(a, it);
	}
}

static void
count_mapped(struct advice *a)
{
	const struct elf_segment *s;
	size_t count = elffile_segments(a->file, &s);

	for (size_t i = 0; i < count; i++) {
		uint64_t head = s[i].address & (a->page - 1);
		size_t pages = (size_t)((head + s[i].file_size + a->page - 1) / a->page);

		a->mapped_pages += pages;
		if (s[i].flags & PF_W)
			a->writable_pages += pages;
	}
}

bool
advice_make(struct advice *a, struct elffile *f, bool lines)
{
	memset(a, 0, sizeof(*a));
	a->file = f;
	a->page = (uint64_t)sysconf(_SC_PAGESIZE);
	count_mapped(a);
	if (!find_pages(a) || !make_items(a) || !add_writable(a) || !make_sections(a)) {
		advice_free(a);
		return false;
	}
	count_own_pages(a);
	find_mixed(a);
	name_items(a, lines);
	advice_sum_remedies(a);
	return true;
}

void
advice_free(struct advice *a)
{
	for (size_t i = 0; i < a->item_count; i++)
		free(a->items[i].shown);
	free(a->items);
	free(a->pages);
	free(a->sections);
	memset(a, 0, sizeof(*a));
}
