/* Mapped files over all processes: how many map each, and what it costs in all and in each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/hash_index.h"
#include "shmstat/read/list.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/view/view.h"

static const struct column columns[] = {
	{"processes", "PROCS", CELL_NUMBER, NULL, 0},
	COUNT_COLUMNS,
	MORE_COUNT_COLUMNS,
	{"pids", NULL, CELL_TEXT, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

/* With --object: a line for each process that maps it. */
static const struct column process_columns[] = {
	{"pid", "PID", CELL_NUMBER, NULL, 0},
	{"user", "USER", CELL_TEXT, NULL, 2},
	COUNT_COLUMNS,
	MORE_COUNT_COLUMNS,
	{"object", NULL, CELL_TEXT, NULL, 0},
	{"name", "COMMAND", CELL_TEXT, NULL, 0},
};

struct use {
	pid_t pid;
	uid_t uid;
	char name[64];
	struct counts counts;
};

/* One file, wherever it is mapped. */
struct library {
	char *path; /* owned */
	uint64_t inode;
	unsigned dev_major, dev_minor;
	struct use *uses;
	size_t use_count, use_capacity;
};

struct libraries {
	const struct view_options *o;
	struct library *items;
	size_t count, capacity;
	struct hash_index by_number; /* device and inode */
	size_t changed;
	bool no_memory;
};

static bool
is_library(const struct library *lib, const struct mapping *m, const char *path)
{
	return lib->inode == m->inode && lib->dev_major == m->dev_major &&
	       lib->dev_minor == m->dev_minor && strcmp(lib->path, path) == 0;
}

/* NULL without memory. */
static struct library *
find_or_add(struct libraries *l, const struct mapping *m, const char *path)
{
	uint64_t hash = hash_of_number(m->inode, (uint64_t)m->dev_major << 32 | m->dev_minor);
	struct hash_index_walk walk = hash_index_walk(&l->by_number, hash);
	struct library *lib;
	size_t i;

	while (hash_index_next(&walk, &i))
		if (is_library(&l->items[i], m, path))
			return &l->items[i];
	if (!array_reserve(&l->items, &l->capacity, l->count + 1, sizeof(*l->items)))
		return NULL;
	lib = &l->items[l->count];
	*lib = (struct library){.path = strdup(path),
				.inode = m->inode,
				.dev_major = m->dev_major,
				.dev_minor = m->dev_minor};
	if (!lib->path || !hash_index_add(&l->by_number, hash, l->count)) {
		free(lib->path);
		return NULL;
	}
	l->count++;
	return lib;
}

static bool
add_use(struct library *lib, const struct process *p, const struct object *obj)
{
	struct use *use = lib->use_count ? &lib->uses[lib->use_count - 1] : NULL;

	if (!use || use->pid != p->pid) {
		if (!array_reserve(&lib->uses, &lib->use_capacity, lib->use_count + 1,
				   sizeof(*lib->uses)))
			return false;
		use = &lib->uses[lib->use_count++];
		*use = (struct use){.pid = p->pid, .uid = p->uid};
		memcpy(use->name, p->name, sizeof(use->name));
	}
	counts_add(&use->counts, &obj->counts);
	return true;
}

static bool
gather(struct process *p, void *arg)
{
	struct libraries *l = arg;

	l->changed += p->changed;
	for (size_t i = 0; i < p->object_count; i++) {
		const struct object *obj = &p->objects[i];
		const struct mapping *m = &p->mappings[obj->first_mapping];
		struct library *lib;

		if (m->inode == 0 ||
		    (l->o->filter.object && !strstr(obj->path, l->o->filter.object)))
			continue;
		lib = find_or_add(l, m, obj->path);
		if (!lib || !add_use(lib, p, obj)) {
			l->no_memory = true;
			return false;
		}
	}
	return true;
}

static bool
put_library(struct table *t, const struct library *lib)
{
	struct counts sum = {0};
	char *pids = malloc(lib->use_count * 12 + 1), *to = pids;

	if (!pids)
		return false;
	*to = '\0';
	for (size_t i = 0; i < lib->use_count; i++) {
		counts_add(&sum, &lib->uses[i].counts);
		to += sprintf(to, "%s%d", i ? " " : "", (int)lib->uses[i].pid);
	}
	table_number(t, lib->use_count);
	view_counts(t, &sum);
	view_more_counts(t, &sum);
	table_text(t, pids);
	table_text(t, lib->path);
	table_row(t);
	free(pids);
	return true;
}

static void
put_uses(struct table *t, const struct library *lib)
{
	table_heading(t, lib->path);
	for (size_t i = 0; i < lib->use_count; i++) {
		const struct use *use = &lib->uses[i];

		table_number(t, (uint64_t)use->pid);
		table_text(t, user_name(use->uid));
		view_counts(t, &use->counts);
		view_more_counts(t, &use->counts);
		table_text(t, lib->path);
		table_text(t, use->name);
		table_row(t);
	}
}

int
view_libs(struct reader *r, const struct view_options *o, struct error *error)
{
	struct libraries l = {.o = o};
	struct skipped skipped;
	struct table *t = o->filter.object ? table_new("library_processes", process_columns,
						       sizeof(process_columns) / sizeof(columns[0]))
					   : table_new("libraries", columns,
						       sizeof(columns) / sizeof(columns[0]));
	int status = view_each(r, o, DEPTH_MAPPINGS, gather, &l, &skipped, error), printed;

	for (size_t i = 0; t && i < l.count; i++) {
		if (o->filter.object)
			put_uses(t, &l.items[i]);
		else
			l.no_memory |= !put_library(t, &l.items[i]);
	}
	if (!t || l.no_memory) {
		error_format(error, "", ENOMEM, "%s", "");
		status = 1;
		table_free(t);
	} else {
		view_notes(t, &skipped, l.changed);
		printed = view_finish(t, o, "pss_kb", error);
		status = printed ? printed : status;
	}
	for (size_t i = 0; i < l.count; i++) {
		free(l.items[i].path);
		free(l.items[i].uses);
	}
	free(l.items);
	hash_index_free(&l.by_number);
	return status;
}
