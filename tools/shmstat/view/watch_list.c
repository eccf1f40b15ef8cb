/* The rows of `shmstat watch`. */
#include "shmstat/view/watch_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/out/text.h"
#include "shmstat/read/list.h"
#include "shmstat/read/reader_internal.h"

const char *const watch_titles[WATCH_COLUMNS] = {"RSS",	    "PSS",  "USS",	 "shared",
						 "private", "cow",  "relocated", "program",
						 "xip",	    "swap", "tables"};
const int watch_colours[WATCH_COLUMNS] = {0, 0, 0, 2, 3, 1, 2, 2, 6, 5, 0};

struct gathering {
	struct watch_list *list;
	const struct watch_place *place;
	bool no_memory;
};

static void
set_numbers(struct watch_row *row, const struct counts *c, uint64_t table_kb)
{
	const uint64_t kb[WATCH_COLUMNS] = {
		pages_kb(c->resident),
		pss_kb(c),
		pages_kb(counts_private(c)),
		pages_kb(counts_shared(c)),
		pages_kb(counts_own(c)),
		pages_kb(c->class[CLASS_COW]),
		pages_kb(c->class[CLASS_RELOCATED]),
		pages_kb(c->class[CLASS_PROGRAM]),
		pages_kb(c->class[CLASS_XIP]),
		pages_kb(c->swap),
		table_kb,
	};

	memcpy(row->kb, kb, sizeof(kb));
}

static bool
add_row(struct gathering *g, uint64_t key, const char *name, const struct counts *c,
	uint64_t table_kb, bool changed)
{
	struct watch_list *l = g->list;
	struct watch_row row = {.key = key, .name = text_escape(name), .changed = changed};

	if (!row.name || !array_reserve(&l->rows, &l->capacity, l->count + 1, sizeof(*l->rows))) {
		free(row.name);
		g->no_memory = true;
		return false;
	}
	set_numbers(&row, c, table_kb);
	for (int i = 0; i < WATCH_COLUMNS; i++)
		l->sum.kb[i] += row.kb[i];
	l->rows[l->count++] = row;
	return true;
}

static bool
add_process(struct process *p, void *arg)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s", p->name, p->from_xipld ? " (xipld)" : "");
	return add_row(arg, (uint64_t)p->pid, name, &p->sum, p->table_kb, p->changed);
}

static void
add_objects(struct gathering *g, const struct process *p)
{
	for (size_t i = 0; i < p->object_count; i++)
		if (!add_row(g, p->objects[i].low, p->objects[i].path, &p->objects[i].counts, 0,
			     false))
			break;
}

static void
add_segments(struct gathering *g, const struct process *p)
{
	for (size_t i = 0; i < p->mapping_count; i++) {
		const struct mapping *m = &p->mappings[i];
		const char *slash = strrchr(m->path, '/');
		char name[300];

		if (p->objects[m->object].low != g->place->object)
			continue;
		snprintf(name, sizeof(name), "%012llx %s %.255s", (unsigned long long)m->start,
			 m->perms,
			 slash	      ? slash + 1
			 : m->path[0] ? m->path
				      : "[anonymous]");
		if (!add_row(g, m->start, name, &m->counts, 0, m->changed))
			break;
	}
}

bool
watch_read(struct reader *r, const struct filter *filter, const struct watch_place *place,
	   struct watch_list *list, struct error *error)
{
	struct gathering g = {.list = list, .place = place};
	struct skipped skipped;
	struct process p;

	watch_free(list);
	if (place->level == LEVEL_PROCESSES) {
		if (!read_all(r, filter, DEPTH_VMA_SUMMARY, add_process, &g, &skipped, error))
			return false;
		list->denied = skipped.denied;
	} else {
		if (!read_process(r, place->pid, DEPTH_PAGES, &p, error))
			return false;
		if (place->level == LEVEL_OBJECTS)
			add_objects(&g, &p);
		else
			add_segments(&g, &p);
		process_free(&p);
	}
	return g.no_memory ? error_format(error, "", ENOMEM, "%s", "") : true;
}

void
watch_free(struct watch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->rows[i].name);
	free(list->rows);
	memset(list, 0, sizeof(*list));
}

struct order {
	int column;
	bool reverse;
};

static int
compare_rows(const void *a, const void *b, void *arg)
{
	const struct watch_row *x = a, *y = b;
	const struct order *o = arg;
	int c = 0;

	if (o->column == WATCH_COLUMNS)
		c = strcmp(x->name, y->name);
	else if (o->column >= 0)
		c = (x->kb[o->column] < y->kb[o->column]) - (x->kb[o->column] > y->kb[o->column]);
	if (o->reverse)
		c = -c;
	return c ? c : (x->key > y->key) - (x->key < y->key);
}

void
watch_sort(struct watch_list *list, int column, bool reverse)
{
	struct order o = {column, reverse};

	if (list->count)
		qsort_r(list->rows, list->count, sizeof(*list->rows), compare_rows, &o);
}
