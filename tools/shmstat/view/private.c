/* Private pages by section, symbol, line of source; and page by page with the reason. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/read/list.h"
#include "shmstat/view/view.h"
#include "shmstat/why/cause.h"
#include "shmstat/why/explain.h"
#include "shmstat/why/gather.h"

struct private_view {
	const struct view_options *o;
	struct table *t;
	struct gathered gathered;
	size_t changed;
};

static const struct column section_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	{"private_kb", "private", CELL_NUMBER, "33", 0},
	{"relocated_kb", "relocated", CELL_NUMBER, NULL, 0},
	{"copied_kb", "copied", CELL_NUMBER, NULL, 0},
	{"written_kb", "written", CELL_NUMBER, "31", 0},
	{"never_shared_kb", "never shared", CELL_NUMBER, NULL, 0},
	{"size_kb", "of", CELL_NUMBER, NULL, 0},
	{"section", "SECTION", CELL_TEXT, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

static const struct column symbol_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},	    {"pages", "PAGES", CELL_NUMBER, "33", 0},
	{"words", "WORDS", CELL_NUMBER, NULL, 0},   {"size", "SIZE", CELL_NUMBER, NULL, 0},
	{"reason", "REASON", CELL_TEXT, NULL, 0},   {"kind", "KIND", CELL_TEXT, NULL, 0},
	{"section", "SECTION", CELL_TEXT, NULL, 2}, {"symbol", "SYMBOL", CELL_TEXT, "1", 0},
	{"type", NULL, CELL_TEXT, NULL, 0},	    {"source", NULL, CELL_TEXT, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

static const struct column line_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},	  {"pages", "PAGES", CELL_NUMBER, "33", 0},
	{"words", "WORDS", CELL_NUMBER, NULL, 2}, {"size", "SIZE", CELL_NUMBER, NULL, 2},
	{"reason", "REASON", CELL_TEXT, NULL, 0}, {"kind", "KIND", CELL_TEXT, NULL, 0},
	{"section", NULL, CELL_TEXT, NULL, 0},	  {"symbol", "SYMBOL", CELL_TEXT, "1", 0},
	{"type", "TYPE", CELL_TEXT, NULL, 0},	  {"source", "DECLARED AT", CELL_TEXT, "36", 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 2},
};

static const struct column why_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	{"address", "PAGE", CELL_HEX, NULL, 0},
	{"class", "CLASS", CELL_TEXT, NULL, 0},
	{"mapcount", NULL, CELL_NUMBER, NULL, 0},
	{"swapped", NULL, CELL_BOOL, NULL, 0},
	{"compared", NULL, CELL_BOOL, NULL, 0},
	{"reason", "REASON", CELL_TEXT, "31", 0},
	{"section", "SECTION", CELL_TEXT, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
	{"causes", "BECAUSE OF", CELL_TEXT_START, NULL, 0},
};

/* ---- page by page */

/* A page of the GOT has 512 of them: nobody reads that in one line. */
#define CAUSES_SHOWN 8
#define CAUSES_IN_DATA 600

static void
append(char **text, size_t *used, size_t *capacity, const char *more)
{
	size_t len = strlen(more);

	if (!*text)
		return;
	if (!array_reserve(text, capacity, *used + len + 1, 1)) {
		free(*text);
		*text = NULL;
		return;
	}
	memcpy(*text + *used, more, len + 1);
	*used += len;
}

/* "names (12 relative, t.c:3); GOT entry of stdout (got)": malloc'd, NULL without memory. */
static char *
causes_text(const struct explanation *e, size_t most, bool bytes)
{
	size_t used = 0, capacity = 256;
	char *text = calloc(1, capacity), counted[64];

	for (size_t i = 0; text && i < e->cause_count && i < most; i++) {
		const struct cause *c = &e->causes[i];
		struct origin origin = cause_origin(e, c);
		char *name = cause_name(e, c), *where = origin_text(&origin);
		const char *kind = c->reason == REASON_ANON ? "used" : cause_kind(c);

		snprintf(counted, sizeof(counted), " (%u %s", c->words, *kind ? kind : "written");
		append(&text, &used, &capacity, i ? "; " : "");
		append(&text, &used, &capacity, name ? name : "?");
		append(&text, &used, &capacity, counted);
		if (where && *where) {
			append(&text, &used, &capacity, ", ");
			append(&text, &used, &capacity, where);
		}
		if (bytes && c->has_bytes) {
			append(&text, &used, &capacity, ", ");
			append(&text, &used, &capacity, cause_bytes(c));
		}
		append(&text, &used, &capacity, ")");
		free(name);
		free(where);
	}
	if (e->cause_count > most) {
		snprintf(counted, sizeof(counted), "; %zu more", e->cause_count - most);
		append(&text, &used, &capacity, counted);
	}
	return text;
}

static bool
show_why(const struct explanation *e, void *arg)
{
	struct private_view *v = arg;
	uint64_t address = e->page->address - e->object->bias;
	const struct elf_section *section = NULL;
	bool text = v->o->out.format == FORMAT_TEXT;
	char *causes = causes_text(e, text ? CAUSES_SHOWN : CAUSES_IN_DATA, v->o->bytes);

	if (e->cause_count)
		section = e->causes[0].section;
	else if (e->file)
		section = elffile_section_at(e->file, address);
	table_number(v->t, (uint64_t)e->process->pid);
	table_number(v->t, e->page->address);
	table_text(v->t, page_class_name((enum page_class)e->page->class));
	if (e->page->mapcount)
		table_number(v->t, e->page->mapcount);
	else
		table_skip(v->t);
	table_number(v->t, (e->page->flags & PAGE_SWAPPED) != 0);
	table_number(v->t, e->compared);
	table_text(v->t, reason_name(e->reason));
	table_text(v->t, section && section->name ? section->name : "");
	table_text(v->t, e->object->path);
	table_text(v->t, causes ? causes : "");
	table_row(v->t);
	v->gathered.no_memory |= !causes;
	free(causes);
	return true;
}

/* ---- gathered */

static void
put_sections(struct private_view *v, pid_t pid)
{
	for (size_t i = 0; i < v->gathered.count; i++) {
		const struct item *it = &v->gathered.items[i];
		uint64_t sum = 0;

		for (int r = 0; r < REASON_COUNT; r++)
			sum += it->by_reason[r];
		table_number(v->t, (uint64_t)pid);
		table_number(v->t, pages_kb(sum));
		table_number(v->t, pages_kb(it->by_reason[REASON_RELOCATION]));
		table_number(v->t, pages_kb(it->by_reason[REASON_COPY]));
		table_number(v->t, pages_kb(it->by_reason[REASON_WRITTEN]));
		table_number(v->t, pages_kb(it->by_reason[REASON_ANON]));
		table_number(v->t, (it->size + 1023) / 1024);
		table_text(v->t, it->section);
		table_text(v->t, it->object);
		table_row(v->t);
	}
}

static void
put_symbols(struct private_view *v, pid_t pid)
{
	for (size_t i = 0; i < v->gathered.count; i++) {
		const struct item *it = &v->gathered.items[i];

		table_number(v->t, (uint64_t)pid);
		table_number(v->t, it->pages);
		table_number(v->t, it->words);
		table_number(v->t, it->size);
		table_text(v->t, reason_name(it->reason));
		table_text(v->t, it->kind);
		table_text(v->t, it->section);
		table_text(v->t, it->name);
		table_text(v->t, it->type);
		table_text(v->t, it->source);
		table_text(v->t, it->object);
		table_row(v->t);
	}
}

static bool
show_process(struct process *p, void *arg)
{
	struct private_view *v = arg;
	bool by_section = v->o->view == VIEW_SECTIONS, why = v->o->view == VIEW_WHY;

	view_heading(v->t, p);
	v->changed += p->changed;
	v->gathered.with_lines = v->o->view == VIEW_LINES || v->o->out.format != FORMAT_TEXT;
	if (explain_process(p, v->o->filter.object,
			    why		 ? show_why
			    : by_section ? gather_sections
					 : gather_symbols,
			    why ? (void *)v : (void *)&v->gathered) != 0)
		v->gathered.no_memory = true;
	items_merge(&v->gathered);
	if (by_section)
		put_sections(v, p->pid);
	else if (!why)
		put_symbols(v, p->pid);
	items_clear(&v->gathered);
	return !v->gathered.no_memory;
}

static struct table *
new_table(enum view view)
{
#define NEW(name, columns) table_new(name, columns, sizeof(columns) / sizeof((columns)[0]))
	switch (view) {
	case VIEW_SECTIONS:
		return NEW("sections", section_columns);
	case VIEW_SYMBOLS:
		return NEW("symbols", symbol_columns);
	case VIEW_LINES:
		return NEW("lines", line_columns);
	default:
		return NEW("why", why_columns);
	}
#undef NEW
}

int
view_private(struct reader *r, const struct view_options *o, struct error *error)
{
	struct private_view v = {.o = o, .t = new_table(o->view)};
	struct skipped skipped;
	int status, printed;

	if (!v.t) {
		error_format(error, "", ENOMEM, "%s", "");
		return 1;
	}
	status = view_each(r, o, DEPTH_PAGES, show_process, &v, &skipped, error);
	if (v.gathered.no_memory) {
		error_format(error, "", ENOMEM, "%s", "");
		table_free(v.t);
		return 1;
	}
	view_notes(v.t, &skipped, v.changed);
	printed = view_finish(v.t, o,
			      o->view == VIEW_SECTIONS ? "private_kb"
			      : o->view == VIEW_WHY    ? NULL
						       : "pages",
			      error);
	return printed ? printed : status;
}
