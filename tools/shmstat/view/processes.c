/* All processes, a line each: as they are, or as a tree. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/read/list.h"
#include "shmstat/view/view.h"

static const struct column columns[] = {
	{"pid", "PID", CELL_NUMBER, NULL, 0},
	{"ppid", NULL, CELL_NUMBER, NULL, 0},
	{"user", "USER", CELL_TEXT, NULL, 2},
	COUNT_COLUMNS,
	{"tables_kb", "tables", CELL_NUMBER, NULL, 2},
	MORE_COUNT_COLUMNS,
	{"xipld", NULL, CELL_BOOL, NULL, 0},
	{"changed", NULL, CELL_BOOL, NULL, 0},
	{"source", NULL, CELL_TEXT, NULL, 0},
	{NULL, "COMMAND", CELL_TEXT_START, NULL, 0},
	{"name", NULL, CELL_TEXT, NULL, 0},
};

/* What is kept of a process until all are known. */
struct line {
	struct process p; /* without mappings */
	unsigned depth; /* in the tree */
	bool done;
};

struct lines {
	struct line *lines;
	size_t count, capacity;
	bool no_memory;
};

static bool
keep(struct process *p, void *arg)
{
	struct lines *l = arg;

	if (!array_reserve(&l->lines, &l->capacity, l->count + 1, sizeof(*l->lines))) {
		l->no_memory = true;
		return false;
	}
	l->lines[l->count++] = (struct line){.p = *p};
	memset(p, 0, sizeof(*p));
	return true;
}

static void
put_line(struct table *t, const struct line *line)
{
	const struct process *p = &line->p;
	char command[160];

	table_number(t, (uint64_t)p->pid);
	table_number(t, (uint64_t)p->parent);
	table_text(t, user_name(p->uid));
	view_counts(t, &p->sum);
	table_number(t, p->table_kb);
	view_more_counts(t, &p->sum);
	table_number(t, p->from_xipld);
	table_number(t, p->changed);
	table_text(t, source_name(p->source));
	snprintf(command, sizeof(command), "%*s%s%s%s",
		 line->depth < 40 ? 2 * (int)line->depth : 80, "", p->name,
		 p->from_xipld ? " (xipld)" : "", p->changed ? " *" : "");
	table_text(t, command);
	table_text(t, p->name);
	table_row(t);
}

/* The process and, below it, its children. A parent that is not shown makes its child a root. */
static void
put_tree(struct table *t, struct lines *l, size_t at, unsigned depth)
{
	l->lines[at].depth = depth;
	l->lines[at].done = true;
	put_line(t, &l->lines[at]);
	for (size_t i = 0; i < l->count; i++)
		if (!l->lines[i].done && l->lines[i].p.parent == l->lines[at].p.pid)
			put_tree(t, l, i, depth + 1);
}

static bool
has_parent(const struct lines *l, size_t at)
{
	for (size_t i = 0; i < l->count; i++)
		if (i != at && l->lines[i].p.pid == l->lines[at].p.parent)
			return true;
	return false;
}

static void
put_total(struct table *t, const struct lines *l)
{
	struct counts sum = {0};
	uint64_t tables = 0;
	char text[64];

	for (size_t i = 0; i < l->count; i++) {
		counts_add(&sum, &l->lines[i].p.sum);
		tables += l->lines[i].p.table_kb;
	}
	table_skip(t);
	table_skip(t);
	table_text(t, "");
	view_counts(t, &sum);
	table_number(t, tables);
	view_more_counts(t, &sum);
	table_skip(t);
	table_skip(t);
	table_skip(t);
	snprintf(text, sizeof(text), "%zu processes", l->count);
	table_text(t, text);
	table_row(t);
	table_total(t);
	view_sum_notes(t, &sum);
}

static void
put_all(struct table *t, struct lines *l, bool tree)
{
	for (size_t i = 0; i < l->count && !tree; i++)
		put_line(t, &l->lines[i]);
	for (size_t i = 0; i < l->count && tree; i++)
		if (!l->lines[i].done && !has_parent(l, i))
			put_tree(t, l, i, 0);
	/* a process can be its own ancestor only if numbers were used again meanwhile */
	for (size_t i = 0; i < l->count && tree; i++)
		if (!l->lines[i].done)
			put_tree(t, l, i, 0);
	if (l->count)
		put_total(t, l);
}

/*
 * How far to read: what a terminal shows can be had more quickly than what only JSON and CSV have,
 * unless it is to be sorted by that.
 */
static enum depth
depth_needed(const struct view_options *o)
{
	if (o->out.format != FORMAT_TEXT)
		return DEPTH_SUM;
	for (size_t i = 0; o->sort && i < sizeof(columns) / sizeof(columns[0]); i++)
		if (column_is_called(&columns[i], o->sort))
			return columns[i].title ? DEPTH_VMA_SUMMARY : DEPTH_SUM;
	return DEPTH_VMA_SUMMARY;
}

int
view_processes(struct reader *r, const struct view_options *o, struct error *error)
{
	struct table *t = table_new("processes", columns, sizeof(columns) / sizeof(columns[0]));
	struct lines l = {0};
	struct skipped skipped;
	size_t changed = 0;
	int status, printed;

	status = view_each(r, o, depth_needed(o), keep, &l, &skipped, error);
	if (!t || l.no_memory) {
		error_format(error, "", ENOMEM, "%s", "");
		status = 1;
	} else {
		put_all(t, &l, o->tree);
		for (size_t i = 0; i < l.count; i++)
			changed += l.lines[i].p.changed;
		view_notes(t, &skipped, changed);
		printed = view_finish(t, o, o->tree ? NULL : "pss_kb", error);
		t = NULL;
		status = printed ? printed : status;
	}
	table_free(t);
	for (size_t i = 0; i < l.count; i++)
		process_free(&l.lines[i].p);
	free(l.lines);
	return status;
}
