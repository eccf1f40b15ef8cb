/* The objects of processes, and their segments: mappings as the kernel has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/read/classes.h"
#include "shmstat/read/list.h"
#include "shmstat/view/view.h"

static const struct column object_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	COUNT_COLUMNS,
	MORE_COUNT_COLUMNS,
	{"address", NULL, CELL_HEX, NULL, 0},
	{"elf", NULL, CELL_BOOL, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

static const struct column segment_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	{"object", NULL, CELL_TEXT, NULL, 0},
	{"start", "START", CELL_HEX, NULL, 0},
	{"end", "END", CELL_HEX, NULL, 0},
	{"perms", "PERM", CELL_TEXT, NULL, 0},
	{"offset", NULL, CELL_HEX, NULL, 0},
	COUNT_COLUMNS,
	MORE_COUNT_COLUMNS,
	{"class", "CLASS", CELL_TEXT, NULL, 0},
	{"changed", NULL, CELL_BOOL, NULL, 0},
	{"path", "MAPPED FROM", CELL_TEXT, NULL, 0},
};

struct showing {
	struct table *t;
	const struct view_options *o;
	size_t changed;
	struct counts sum; /* of all processes */
};

static bool
wanted(const struct view_options *o, const char *path)
{
	return !o->filter.object || strstr(path, o->filter.object);
}

static void
put_object(struct table *t, const struct process *p, const struct object *obj)
{
	table_number(t, (uint64_t)p->pid);
	view_counts(t, &obj->counts);
	view_more_counts(t, &obj->counts);
	table_number(t, obj->low);
	table_number(t, obj->is_elf);
	table_text(t, obj->path);
	table_row(t);
}

static bool
show_objects(struct process *p, void *arg)
{
	struct showing *s = arg;
	struct counts sum = {0};

	view_heading(s->t, p);
	s->changed += p->changed;
	for (size_t i = 0; i < p->object_count; i++) {
		if (!wanted(s->o, p->objects[i].path))
			continue;
		put_object(s->t, p, &p->objects[i]);
		counts_add(&sum, &p->objects[i].counts);
	}
	table_number(s->t, (uint64_t)p->pid);
	view_counts(s->t, &sum);
	view_more_counts(s->t, &sum);
	table_skip(s->t);
	table_skip(s->t);
	table_text(s->t, "sum");
	table_row(s->t);
	table_total(s->t);
	counts_add(&s->sum, &sum);
	return true;
}

static const char *
mapping_kind(const struct mapping *m)
{
	if (m->inode == 0 || (m->perms[3] == 'p' && !mapping_has_file(m)))
		return page_class_name(CLASS_ANON);
	return page_class_name(m->file_class);
}

static void
put_mapping(struct table *t, const struct process *p, const struct mapping *m)
{
	const struct object *obj = &p->objects[m->object];

	table_number(t, (uint64_t)p->pid);
	table_text(t, obj->path);
	table_number(t, m->start);
	table_number(t, m->end);
	table_text(t, m->perms);
	table_number(t, m->offset);
	view_counts(t, &m->counts);
	view_more_counts(t, &m->counts);
	table_text(t, mapping_kind(m));
	table_number(t, m->changed);
	table_text(t, m->path[0] ? m->path : obj->is_elf ? "[bss]" : "[anonymous]");
	table_row(t);
}

static bool
show_segments(struct process *p, void *arg)
{
	struct showing *s = arg;

	view_heading(s->t, p);
	s->changed += p->changed;
	for (size_t i = 0; i < p->mapping_count; i++)
		if (wanted(s->o, p->objects[p->mappings[i].object].path))
			put_mapping(s->t, p, &p->mappings[i]);
	return true;
}

int
view_objects(struct reader *r, const struct view_options *o, struct error *error)
{
	bool objects = o->view == VIEW_OBJECTS;
	struct showing s = {.o = o};
	struct skipped skipped;
	int status, printed;

	if (objects)
		s.t = table_new("objects", object_columns,
				sizeof(object_columns) / sizeof(object_columns[0]));
	else
		s.t = table_new("segments", segment_columns,
				sizeof(segment_columns) / sizeof(segment_columns[0]));
	if (!s.t) {
		error_format(error, "", ENOMEM, "%s", "");
		return 1;
	}
	status = view_each(r, o, DEPTH_PAGES, objects ? show_objects : show_segments, &s, &skipped,
			   error);
	view_sum_notes(s.t, &s.sum);
	view_notes(s.t, &skipped, s.changed);
	printed = view_finish(s.t, o, objects ? "uss_kb" : NULL, error);
	return printed ? printed : status;
}
