#include "shmstat/view/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/proc/memory.h"
#include "shmstat/read/classes.h"
#include "shmstat/read/reader.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/why/cause.h"
#include "shmstat/why/explain.h"
#include "shmstat/why/reasons.h"

#define SYMBOLS 6 /* named for one page */
#define NAME_LONGEST 160 /* of them: C++ has longer ones, which nobody reads */

/* A picture in the making. */
struct drawing {
	struct picture *pic;
	struct elffile **files; /* by object; NULL: none */
	int err;
};

const char *
cell_kind_name(unsigned kind)
{
	if (kind < CLASS_COUNT)
		return page_class_name((enum page_class)kind);
	return kind == CELL_SWAPPED ? "swapped" : "absent";
}

const char *
cell_colour(unsigned kind, bool exclusive)
{
	static const char *const colours[CELL_KINDS][2] = {
		[CLASS_TEXT] = {"#9db7d5", "#6f8fb5"},
		[CLASS_RELOCATED] = {"#4ca64c", "#2e7d32"},
		[CLASS_PROGRAM] = {"#a8d08d", "#7fb069"},
		[CLASS_COW] = {"#e06666", "#c62828"},
		[CLASS_ANON] = {"#f6c667", "#e69f00"},
		[CLASS_XIP] = {"#b39ddb", "#7e57c2"},
		[CLASS_SHMEM] = {"#7ec8c8", "#26908f"},
		[CELL_ABSENT] = {"#eeeeee", "#eeeeee"},
		[CELL_SWAPPED] = {"#777777", "#777777"},
	};

	return colours[kind][exclusive];
}

static size_t
add_note(struct drawing *d, const char *section, char *symbols, const char *reason)
{
	struct picture *pic = d->pic;
	struct note note = {strdup(section ? section : ""), symbols, reason};

	if (!note.section || !symbols ||
	    !array_reserve(&pic->notes, &pic->note_capacity, pic->note_count + 1,
			   sizeof(*pic->notes))) {
		free(note.section);
		free(symbols);
		d->err = ENOMEM;
		return 0;
	}
	pic->notes[pic->note_count] = note;
	return pic->note_count++;
}

static void
append_name(char *to, size_t capacity, const char *name, size_t index)
{
	size_t used = strlen(to);

	snprintf(to + used, capacity - used, "%s%.*s", index ? ", " : "", NAME_LONGEST, name);
}

/* What lies in a page of an ELF object: section, and names of what is in it. */
static size_t
note_contents(struct drawing *d, struct elffile *f, uint64_t address)
{
	const struct symbol *found[SYMBOLS];
	const struct elf_section *section = elffile_section_at(f, address), *all;
	char text[SYMBOLS * (NAME_LONGEST + 2) + 32] = "";
	size_t count = symbols_in(f, address, address + system_page_size(), found, SYMBOLS);
	size_t sections = section ? 0 : elffile_sections(f, &all);

	for (size_t i = 0; i < sections && !section; i++)
		if (all[i].address >= address && all[i].address < address + system_page_size())
			section = &all[i];
	for (size_t i = 0; i < count && i < SYMBOLS; i++) {
		char *name = symbol_demangle(found[i]->name);

		append_name(text, sizeof(text), name ? name : "?", i);
		free(name);
	}
	if (count > SYMBOLS)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %zu more",
			 count - SYMBOLS);
	return section || count ? add_note(d, section ? section->name : "", strdup(text), "") : 0;
}

/* A private page's cell: its reason, and its causes. */
static bool
note_reason(const struct explanation *e, void *arg)
{
	struct drawing *d = arg;
	struct page_map *map = &d->pic->maps[e->mapping->object];
	const struct elf_section *section = e->cause_count ? e->causes[0].section : NULL;
	char text[SYMBOLS * (NAME_LONGEST + 2) + 32] = "";
	size_t low = 0, high = map->count;

	for (size_t i = 0; i < e->cause_count && i < SYMBOLS; i++) {
		char *name = cause_name(e, &e->causes[i]);

		append_name(text, sizeof(text), name ? name : "?", i);
		free(name);
	}
	if (e->cause_count > SYMBOLS)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %zu more",
			 e->cause_count - SYMBOLS);
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (map->cells[middle].address <= e->page->address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!section && e->file)
		section = elffile_section_at(e->file, e->page->address - e->object->bias);
	if (low && map->cells[low - 1].address == e->page->address)
		map->cells[low - 1].note = add_note(d, section ? section->name : "", strdup(text),
						    reason_name(e->reason));
	return d->err == 0;
}

static void
add_cell(struct drawing *d, struct page_map *map, const struct picture_cell *cell)
{
	if (array_reserve(&map->cells, &map->capacity, map->count + 1, sizeof(*map->cells)))
		map->cells[map->count++] = *cell;
	else
		d->err = ENOMEM;
}

/* Pages not in memory: one by one if few, else as one. */
static void
add_gap(struct drawing *d, struct page_map *map, uint64_t from, uint64_t to)
{
	uint64_t size = system_page_size(), pages = (to - from) / size;
	struct picture_cell cell = {.address = from, .pages = pages, .kind = CELL_ABSENT};

	if (pages > PICTURE_GAP) {
		add_cell(d, map, &cell);
		return;
	}
	cell.pages = 1;
	for (; cell.address < to && !d->err; cell.address += size)
		add_cell(d, map, &cell);
}

static void
draw_mapping(struct drawing *d, const struct mapping *m)
{
	const struct process *p = d->pic->process;
	struct page_map *map = &d->pic->maps[m->object];
	struct elffile *f = d->files[m->object];
	uint64_t at = m->start;

	for (size_t i = m->first_page; i < m->first_page + m->page_count && !d->err; i++) {
		const struct page *page = &p->pages[i];
		bool swapped = (page->flags & PAGE_SWAPPED) != 0;
		struct picture_cell cell = {
			.address = page->address,
			.pages = 1,
			.kind = swapped ? CELL_SWAPPED : page->class,
			.exclusive = !swapped && page->mapcount == 1,
		};

		add_gap(d, map, at, page->address);
		if (f)
			cell.note = note_contents(d, f, page->address - map->object->bias);
		add_cell(d, map, &cell);
		at = page->address + system_page_size();
	}
	if (!d->err && at < m->end)
		add_gap(d, map, at, m->end);
}

static void
open_files(struct drawing *d)
{
	const struct process *p = d->pic->process;
	struct elf_error ignored;

	for (size_t i = 0; i < p->object_count; i++) {
		const struct object *o = &p->objects[i];
		int fd = o->is_elf ? open_mapped(p, &p->mappings[o->first_mapping]) : -1;

		d->pic->maps[i].object = o;
		if (fd >= 0)
			d->files[i] = elffile_open_fd(fd, o->path, &ignored);
	}
}

int
picture_make(struct picture *pic, const struct process *p)
{
	struct drawing d = {.pic = pic};

	memset(pic, 0, sizeof(*pic));
	pic->process = p;
	pic->maps = calloc(p->object_count + 1, sizeof(*pic->maps));
	d.files = calloc(p->object_count + 1, sizeof(struct elffile *));
	if (!pic->maps || !d.files)
		d.err = ENOMEM;
	else
		open_files(&d);
	if (!d.err)
		add_note(&d, "", strdup(""), "");
	for (size_t i = 0; i < p->mapping_count && !d.err; i++)
		if (!mapping_is_uncounted(&p->mappings[i]))
			draw_mapping(&d, &p->mappings[i]);
	if (!d.err && explain_process(p, NULL, note_reason, &d) != 0)
		d.err = ENOMEM;
	for (size_t i = 0; d.files && i < p->object_count; i++)
		if (d.files[i])
			elffile_close(d.files[i]);
	free(d.files);
	return d.err;
}

void
picture_free(struct picture *pic)
{
	for (size_t i = 0; pic->maps && i < pic->process->object_count; i++)
		free(pic->maps[i].cells);
	for (size_t i = 0; i < pic->note_count; i++) {
		free(pic->notes[i].section);
		free(pic->notes[i].symbols);
	}
	free(pic->maps);
	free(pic->notes);
	memset(pic, 0, sizeof(*pic));
}
