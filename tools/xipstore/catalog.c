#include "xipstore/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/must.h"
#include "lib/plan_inputs.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"
#include "xipstore/output.h"

const char *
state_name(enum plan_state state)
{
	static const char names[][16] = {"good",	 "stale",     "orphan",	   "other-epoch",
					 "other-loader", "other-cpu", "unreadable"};

	return names[state];
}

static const char *
differs(const char *path, const struct file_id *id)
{
	struct file_id now;

	if (sys_stat(path, &now) < 0)
		return "is gone";
	return same_file(&now, id) ? NULL : "has changed";
}

const char *
plan_stale(const struct plan *p, const char **how, bool *moved)
{
	struct plan_inputs inputs = {.tables = &p->tables, .anywhere = true};
	const char *input;

	input = plan_inputs_check(&inputs, how);
	*moved = inputs.moved;
	if (input)
		return input;
	for (uint64_t i = 0; i < p->tables.header->files.count; i++) {
		const char *path = plan_string(&p->tables, p->tables.files[i].path);
		char *from = path[0] == '/' ? NULL : plan_absolute(p, path);

		*how = differs(from ? from : path, &p->tables.files[i].id);
		free(from);
		if (*how)
			return path;
	}
	return NULL;
}

static bool
key_differs(const struct plan *p, const char *name, const char *wanted)
{
	char *value = plan_key_value(p, name);
	bool differs = wanted && value && strcmp(value, wanted) != 0;

	free(value);
	return differs;
}

static void
set_state(struct entry *e, enum plan_state state, char *why)
{
	free(e->why);
	e->state = state;
	e->why = why;
}

static void
judge(struct entry *e, const struct store *s)
{
	const struct plan *p = &e->plan;
	const char *how, *path;
	char cpu[24];

	snprintf(cpu, sizeof(cpu), "%lx", (unsigned long)arch_cpu_features_hash());
	path = plan_stale(p, &how, &e->moved);
	if (p->tables.header->kind == PLAN_CLOSURE && (!s->has_epoch || plan_base(p) != s->base))
		set_state(e, STATE_OTHER_EPOCH, must_strdup("made for a region that is no more"));
	else if (path)
		set_state(e, STATE_STALE, must_format("%s %s", path, how));
	else if (key_differs(p, "build", loader_build_id()))
		set_state(e, STATE_OTHER_LOADER, must_strdup("made by another build of xipld"));
	else if (key_differs(p, "cpu", cpu))
		set_state(e, STATE_OTHER_CPU, must_strdup("made on another kind of CPU"));
}

static void
read_entry(struct entry *e, const struct store *s, const char *dir, const char *name)
{
	const char *wrong = "";
	struct error error;
	struct file_look look = {0};
	size_t size;
	char *bytes;

	*e = (struct entry){.path = must_format("%s/%s", dir, name), .why = must_strdup("")};
	file_look(e->path, &look);
	e->size = look.size;
	e->freed = look.freed;
	e->changed = look.changed;
	e->used = look.used;
	bytes = file_read(e->path, true, PLAN_LIMIT, &size, &error);
	if (bytes) {
		wrong = plan_decode(&e->plan, bytes, size);
		if (wrong)
			free(bytes);
		else if (!plan_parse_name(&e->plan, name))
			wrong = "is not the plan that its name says";
		if (wrong)
			set_state(e, STATE_UNREADABLE, must_format("%s", wrong));
	} else {
		set_state(e, STATE_UNREADABLE, must_strdup(error.what));
	}
	if (wrong && strcmp(wrong, plan_other_version) == 0)
		e->state = STATE_OTHER_LOADER;
	if (wrong) {
		if (e->plan.bytes)
			plan_free(&e->plan);
		e->plan = (struct plan){0};
		snprintf(e->plan.name, sizeof(e->plan.name), "%s", name);
		return;
	}
	judge(e, s);
}

static int
by_program(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->plan.program ? x->plan.program : "",
			   y->plan.program ? y->plan.program : "");

	if (!order) /* NULL first, then closures, then dlopen plans */
		order = (x->plan.tables.header ? (int)x->plan.tables.header->kind : 0) -
			(y->plan.tables.header ? (int)y->plan.tables.header->kind : 0);
	return order ? order : strcmp(x->plan.name, y->plan.name);
}

/* A dlopen plan names its objects by their slots: each must still be the place of a file that is
 * there.
 */
static void
judge_objects(const struct catalog *c, struct entry *e)
{
	size_t n = plan_fresh_slots(&e->plan, NULL, 0);
	uint64_t *slots = must_array(n, sizeof(*slots));

	plan_fresh_slots(&e->plan, slots, n);
	for (size_t i = 0; i < n && e->state == STATE_GOOD; i++) {
		const struct index_record *r = index_at(&c->index, slots[i]);
		struct file_id now;

		if (!r)
			set_state(e, STATE_STALE,
				  must_format("no object has slot %lx", (unsigned long)slots[i]));
		else if (sys_stat(r->path, &now) < 0)
			set_state(e, STATE_STALE, must_format("%s is gone", r->path));
		else if (!same_file(&now, &r->id))
			set_state(e, STATE_STALE, must_format("%s has changed", r->path));
	}
	free(slots);
}

/* The program of a dlopen plan is its closure's; one without closure is of no use any more. */
static void
tie_dlopen_plans(struct catalog *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct entry *e = &c->list[i];
		const struct entry *closure = catalog_closure(c, e);

		if (!e->plan.tables.header || e->plan.tables.header->kind != PLAN_DLOPEN)
			continue;
		if (!closure) {
			set_state(e, STATE_ORPHAN, must_strdup("its closure's plan is gone"));
			continue;
		}
		free(e->plan.program);
		e->plan.program = must_strdup(closure->plan.program);
		judge_objects(c, e);
		if (e->state == STATE_GOOD && closure->state != STATE_GOOD)
			set_state(e, closure->state,
				  must_format("as its closure: %s", closure->why));
	}
}

/* Add the plans of one directory. */
static bool
read_plans(struct catalog *c, const struct store *s, const char *dir, bool whole, const char *what,
	   struct error *error)
{
	struct names names;

	if (!names_read(dir, &names, error))
		return false;
	must_reserve(&c->list, &c->capacity, c->count + names.count, sizeof(*c->list));
	for (size_t i = 0; i < names.count; i++) {
		if (!is_hex_name(names.list[i], 16))
			continue;
		progress("%s: %zu/%zu plans", what, i + 1, names.count);
		read_entry(&c->list[c->count++], s, dir, names.list[i]);
		if (!whole && c->list[c->count - 1].plan.bytes)
			plan_drop_pages(&c->list[c->count - 1].plan);
	}
	progress_end();
	names_free(&names);
	return true;
}

static bool
read_all(struct catalog *c, const struct store *s, const struct usage *usage, bool whole,
	 const char *what, struct error *error)
{
	char dir[STORE_PATH + 8];

	*c = (struct catalog){0};
	/* verify tells what is wrong with an index; here it only gives dlopen plans their names */
	index_read(&c->index, s, NULL);
	snprintf(dir, sizeof(dir), "%s/plans", s->dir);
	if (!read_plans(c, s, dir, whole, what, error)) {
		index_free(&c->index);
		return false;
	}
	for (size_t i = 0; i < c->count; i++)
		c->list[i].processes = usage ? usage_processes(usage, c->list[i].path) : 0;
	tie_dlopen_plans(c);
	if (c->count)
		qsort(c->list, c->count, sizeof(*c->list), by_program);
	return true;
}

bool
catalog_read(struct catalog *c, const struct store *s, const struct usage *usage, const char *what,
	     struct error *error)
{
	return read_all(c, s, usage, false, what, error);
}

bool
catalog_read_whole(struct catalog *c, const struct store *s, const struct usage *usage,
		   const char *what, struct error *error)
{
	return read_all(c, s, usage, true, what, error);
}

bool
catalog_read_retired(struct catalog *c, const struct store *s, const char *what,
		     struct error *error)
{
	struct names names;
	bool ok;

	*c = (struct catalog){0};
	ok = names_read(s->dir, &names, error);
	for (size_t i = 0; ok && i < names.count; i++) {
		char *epoch = must_format("%s/%s", s->dir, names.list[i]);
		char *dir = must_format("%s/plans", epoch);

		if (strncmp(names.list[i], "e-", 2) == 0 && strcmp(epoch, s->epoch_dir) != 0)
			ok = read_plans(c, s, dir, false, what, error);
		free(dir);
		free(epoch);
	}
	names_free(&names);
	if (!ok)
		catalog_free(c);
	return ok;
}

void
catalog_free(struct catalog *c)
{
	for (size_t i = 0; i < c->count; i++) {
		plan_free(&c->list[i].plan);
		free(c->list[i].path);
		free(c->list[i].why);
	}
	free(c->list);
	index_free(&c->index);
	*c = (struct catalog){0};
}

int
entry_compare_use(const struct entry *a, const struct entry *b)
{
	if (a->used.tv_sec != b->used.tv_sec)
		return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
	if (a->used.tv_nsec != b->used.tv_nsec)
		return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
	return strcmp(a->plan.name, b->plan.name);
}

static bool
is_kind(const struct entry *e, enum plan_kind kind)
{
	return e->plan.tables.header && e->plan.tables.header->kind == kind;
}

const struct entry *
catalog_closure(const struct catalog *c, const struct entry *added)
{
	if (!is_kind(added, PLAN_DLOPEN))
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (is_kind(&c->list[i], PLAN_CLOSURE) &&
		    c->list[i].plan.tables.header->plan_id == added->plan.closure)
			return &c->list[i];
	return NULL;
}

const struct entry *
catalog_good_plan(const struct catalog *c, const struct entry *e)
{
	size_t size, other_size;
	const char *wish = plan_key_wish(&e->plan, &size);

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *other = &c->list[i];
		const char *same = other->state == STATE_GOOD && is_kind(other, PLAN_CLOSURE)
					   ? plan_key_wish(&other->plan, &other_size)
					   : NULL;

		if (same && size == other_size && memcmp(same, wish, size) == 0)
			return other;
	}
	return NULL;
}

size_t
catalog_dlopen_plans(const struct catalog *c, const struct entry *closure)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += is_kind(&c->list[i], PLAN_DLOPEN) && is_kind(closure, PLAN_CLOSURE) &&
		     c->list[i].plan.closure == closure->plan.tables.header->plan_id;
	return n;
}

json_t *
pages_json(const struct page_counts *counts)
{
	json_t *report = json_object();

	for (enum page_class class = 0; class < CLASS_COUNT; class ++)
		json_object_set_new(report, class_name(class), json_count(counts->of[class]));
	return report;
}

json_t *
entry_json(const struct catalog *c, const struct entry *e)
{
	const struct entry *closure = catalog_closure(c, e);
	struct page_counts counts = {0};
	json_t *report = json_object();
	size_t objects = 0;

	if (e->plan.tables.header) {
		counts = plan_counts(&e->plan);
		free(plan_objects(&e->plan, &c->index, &objects));
	}
	json_object_set_new(report, "name", json_text(e->plan.name));
	json_object_set_new(report, "path", json_text(e->path));
	json_object_set_new(report, "kind",
			    json_string(!e->plan.tables.header	   ? "unknown"
					: is_kind(e, PLAN_CLOSURE) ? "program"
								   : "dlopen"));
	json_object_set_new(report, "program", json_text(e->plan.program ? e->plan.program : ""));
	json_object_set_new(report, "program_plan",
			    closure ? json_text(closure->plan.name) : json_null());
	json_object_set_new(report, "dlopen_plans", json_count(catalog_dlopen_plans(c, e)));
	json_object_set_new(report, "state", json_string(state_name(e->state)));
	json_object_set_new(report, "why", json_text(e->why));
	json_object_set_new(report, "objects", json_count(objects));
	json_object_set_new(report, "size", json_count(e->size));
	json_object_set_new(report, "age", json_integer((json_int_t)(time(NULL) - e->changed)));
	json_object_set_new(report, "processes", json_count(e->processes));
	json_object_set_new(report, "pages", pages_json(&counts));
	json_object_set_new(
		report, "init_pages",
		json_count(e->plan.tables.header ? e->plan.tables.header->init_pages : 0));
	return report;
}
