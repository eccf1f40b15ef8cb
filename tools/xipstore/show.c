/* xipstore show: object by object what is shared, and why the rest is not. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/differences.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/whynot.h"

/* All that is shown of one plan. */
struct view {
	const struct catalog *catalog;
	const struct entry *entry;
	struct comparison comparison;
	struct written *written;
	size_t nwritten;
	json_t *objects; /* --json */
};

static const char *
protection(uint32_t prot)
{
	static const char *const names[8] = {"---", "r--", "-w-", "rw-",
					     "--x", "r-x", "-wx", "rwx"};

	return names[prot & 7];
}

static const char *
short_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return !path ? "a program at a fixed address" : slash ? slash + 1 : path;
}

static void
print_difference(const struct difference *d)
{
	const char *symbol = *d->symbol ? d->symbol : "(no symbol)";
	char *line;

	if (strcmp(d->kind, "address") == 0)
		line = must_format("%s: here %s, first %s", symbol, short_name(d->here),
				   short_name(d->baseline));
	else if (strcmp(d->kind, "thread-local") == 0)
		line = must_format("%s: thread-local, at another offset", symbol);
	else
		line = must_format("%s", symbol);
	printf("%33s", "");
	print_path(line, output_width() - 33);
	putchar('\n');
	free(line);
}

static void
print_differences(const struct differences *d)
{
	const size_t most = 4;

	for (size_t i = 0; i < d->count && i < most; i++)
		print_difference(&d->list[i]);
	if (d->count > most)
		printf("%33sand %zu more (--json has all)\n", "", d->count - most);
}

static json_t *
differences_json(const struct differences *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++) {
		const struct difference *one = &d->list[i];
		json_t *report = json_object();

		json_object_set_new(report, "symbol", json_text(one->symbol));
		json_object_set_new(report, "kind", json_string(one->kind));
		json_object_set_new(report, "here", one->here ? json_text(one->here) : json_null());
		json_object_set_new(report, "baseline",
				    one->baseline ? json_text(one->baseline) : json_null());
		json_array_append_new(list, report);
	}
	return list;
}

/* A run of pages of one mapping that are what they are for one reason (0: none is noted). */
static void
show_run(const struct view *v, json_t *mappings, uint64_t address, uint64_t pages,
	 enum page_class class, uint32_t prot, uint32_t reason)
{
	struct differences d = {0};

	if (reason == REASON_SYMBOL_DIFFERS)
		differences_find(&v->comparison, address, pages, &d);
	if (options.json) {
		json_t *report = json_object();

		json_object_set_new(report, "address", json_hex(address));
		json_object_set_new(report, "pages", json_count(pages));
		json_object_set_new(report, "class", json_string(class_name(class)));
		json_object_set_new(report, "protection", json_string(protection(prot)));
		json_object_set_new(report, "reason",
				    reason ? json_string(reason_code(reason)) : json_null());
		json_object_set_new(report, "differences", differences_json(&d));
		json_array_append_new(mappings, report);
	} else {
		printf("    %16lx %7lu  %-9s  %s", (unsigned long)address, (unsigned long)pages,
		       class_name(class), protection(prot));
		if (reason)
			printf("  %s%s", reason_code(reason),
			       reason == REASON_SYMBOL_DIFFERS && d.count ? ":" : "");
		putchar('\n');
		print_differences(&d);
	}
	differences_free(&d);
}

/* The note that covers this address; *pages becomes how far it, or its absence, goes. */
static uint32_t
noted_reason(const struct plan *p, uint64_t address, uint64_t *pages)
{
	for (uint64_t i = 0; i < p->tables.header->notes.count; i++) {
		const struct plan_note *n = &p->tables.notes[i];
		uint64_t size = n->pages * page_size;

		if (address - n->address < size) {
			uint64_t left = (n->address + size - address) / page_size;

			*pages = left && left < *pages ? left : *pages;
			return n->reason;
		}
		if (n->address > address && (n->address - address) / page_size < *pages)
			*pages = (n->address - address) / page_size;
	}
	return 0;
}

static void
show_mapping(const struct view *v, json_t *mappings, const struct plan_map *m)
{
	const struct plan *p = &v->entry->plan;
	enum page_class class = plan_map_class(p, m);
	uint64_t done = 0, all = m->size / page_size;

	while (done < all) {
		uint64_t pages = all - done;
		uint32_t reason = 0;

		if (class == CLASS_PROGRAM)
			reason = noted_reason(p, m->address + done * page_size, &pages);
		show_run(v, mappings, m->address + done * page_size, pages ? pages : 1, class,
			 m->prot, reason);
		done += pages ? pages : 1;
	}
}

static int
by_map_address(const void *a, const void *b)
{
	const struct plan_map *x = *(const struct plan_map *const *)a;
	const struct plan_map *y = *(const struct plan_map *const *)b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void
show_mappings(const struct view *v, const struct plan_object *obj, json_t *mappings)
{
	const struct plan *p = &v->entry->plan;
	const struct plan_map **list = must_array(p->tables.header->maps.count, sizeof(*list));
	size_t n = 0;

	for (uint64_t i = 0; i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (!plan_map_is_loader(p, m) &&
		    plan_object_at(v->comparison.objects, v->comparison.nobjects, m->address) ==
			    obj)
			list[n++] = m;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_map_address);
	for (size_t i = 0; i < n; i++)
		show_mapping(v, mappings, list[i]);
	free(list);
}

static void
show_written(const struct view *v, const struct plan_object *obj, json_t *written)
{
	for (size_t i = 0; i < v->nwritten; i++) {
		const struct written *w = &v->written[i];

		if (w->address < obj->low || w->address >= obj->high)
			continue;
		if (options.json)
			json_array_append_new(written, json_pack("{so so so}", "address",
								 json_hex(w->address), "pages",
								 json_count(w->pages), "processes",
								 json_count(w->processes)));
		else
			printf("    %16lx %7lu  cow           written-at-run-time by %zu "
			       "process%s\n",
			       (unsigned long)w->address, (unsigned long)w->pages, w->processes,
			       w->processes == 1 ? "" : "es");
	}
}

static void
show_object(struct view *v, const struct plan_object *obj)
{
	json_t *mappings = json_array(), *written = json_array(), *report = json_object();

	if (!options.json) {
		print_escaped(obj->path);
		printf("\n    slot %lx, %lu text, %lu relocated, %lu program, %lu anon\n",
		       (unsigned long)obj->low, (unsigned long)obj->pages.of[CLASS_TEXT],
		       (unsigned long)obj->pages.of[CLASS_RELOCATED],
		       (unsigned long)obj->pages.of[CLASS_PROGRAM],
		       (unsigned long)obj->pages.of[CLASS_ANON]);
	}
	show_mappings(v, obj, mappings);
	show_written(v, obj, written);
	json_object_set_new(report, "path", json_text(obj->path));
	json_object_set_new(report, "slot", json_hex(obj->low));
	json_object_set_new(report, "end", json_hex(obj->high));
	json_object_set_new(report, "pages", pages_json(&obj->pages));
	json_object_set_new(report, "mappings", mappings);
	json_object_set_new(report, "written", written);
	if (options.json)
		json_array_append_new(v->objects, report);
	else
		json_decref(report);
}

static void
print_heading(const struct view *v)
{
	const struct entry *e = v->entry;
	struct page_counts counts = plan_counts(&e->plan);
	bool by_dlopen = e->plan.tables.header->kind == PLAN_DLOPEN;

	print_escaped(e->plan.program);
	printf("%s\nplan %s, %s", by_dlopen ? " (added by dlopen)" : "", e->plan.name,
	       state_name(e->state));
	if (*e->why) {
		fputs(": ", stdout);
		print_escaped(e->why);
	}
	printf("\n%zu object%s, %s, published %s ago; %zu process%s run%s from it\n",
	       v->comparison.nobjects, plural(v->comparison.nobjects), size_text(e->size).s,
	       age_text(time(NULL) - e->changed).s, e->processes, e->processes == 1 ? "" : "es",
	       e->processes == 1 ? "s" : "");
	printf("pages: %lu shared with all programs (text, relocated), %lu with this program's "
	       "processes (program), %lu zero-fill (anon)\n",
	       (unsigned long)(counts.of[CLASS_TEXT] + counts.of[CLASS_RELOCATED]),
	       (unsigned long)counts.of[CLASS_PROGRAM], (unsigned long)counts.of[CLASS_ANON]);
	if (e->plan.tables.header->init_pages)
		printf("of what constructors write %lu pages are shared as well (init_pages)\n",
		       (unsigned long)e->plan.tables.header->init_pages);
	if (by_dlopen)
		printf("(dlopen maps the objects' other pages from their files)\n");
	putchar('\n');
}

static void
print_legend(const struct plan *p)
{
	bool used[REASON_COUNT] = {false}, any = false;

	for (uint64_t i = 0; i < p->tables.header->notes.count; i++)
		if (p->tables.notes[i].reason < REASON_COUNT)
			used[p->tables.notes[i].reason] = any = true;
	for (uint32_t r = REASON_PROGRAM; r < REASON_COUNT; r++)
		if (used[r])
			printf("%s: %s\n", reason_code(r), reason_words(r));
	if (any)
		putchar('\n');
}

static json_t *
show_plan(const struct store *s, const struct index *index, const struct usage *usage,
	  const struct catalog *catalog, const struct entry *e)
{
	struct plan_object *objects;
	struct view v = {.catalog = catalog,
			 .entry = e,
			 .comparison = {s, index, &e->plan, NULL, 0},
			 .objects = json_array()};
	json_t *report = NULL;

	objects = plan_objects(&e->plan, index, &v.comparison.nobjects);
	v.comparison.objects = objects;
	v.written = usage_written(usage, e->path, &e->plan, &v.nwritten);
	if (!options.json)
		print_heading(&v);
	for (size_t i = 0; i < v.comparison.nobjects; i++)
		show_object(&v, &objects[i]);
	if (options.json) {
		report = entry_json(catalog, e);
		json_object_set_new(report, "contents", v.objects);
	} else {
		json_decref(v.objects);
		putchar('\n');
		print_legend(&e->plan);
	}
	free(objects);
	free(v.written);
	return report;
}

/* The interpreter that a script's first line names, in memory that the caller frees; NULL if it is
 * none. */
static char *
interpreter_of(const char *path)
{
	char line[256] = "", *name = NULL;
	FILE *f = fopen(path, "re");

	if (f && fgets(line, sizeof(line), f) && line[0] == '#' && line[1] == '!') {
		char *from = line + 2 + strspn(line + 2, " \t");

		name = must_format("%.*s", (int)strcspn(from, " \t\n"), from);
	}
	if (f)
		fclose(f);
	return name;
}

/* Is this closure the one of a program of this path (absolute, or relative to where we are)? */
static bool
is_plan_of(const struct entry *e, const char *path)
{
	char here[PATH_MAX];
	char *cwd;
	bool same;

	if (!e->plan.tables.header || e->plan.tables.header->kind != PLAN_CLOSURE ||
	    strcmp(e->plan.program, path) != 0)
		return false;
	if (path[0] == '/')
		return true;
	cwd = plan_key_value(&e->plan, "cwd");
	same = cwd && getcwd(here, sizeof(here)) && strcmp(cwd, here) == 0;
	free(cwd);
	return same;
}

/* Or is it of the same file under another name? */
static bool
is_same_program(const struct entry *e, const char *path)
{
	struct file_id id;
	const struct plan_header *h = e->plan.tables.header;

	return h && h->kind == PLAN_CLOSURE && sys_stat(path, &id) == 0 &&
	       same_file(&e->plan.tables.files[h->executable].id, &id);
}

static bool
is_named(const struct entry *e, const char *name)
{
	return e->plan.tables.header && strcmp(e->plan.name, name) == 0;
}

/* Which plans to show: entries are set true in `chosen`. */
static size_t
choose_plans(const struct catalog *c, const char *name, const char *path, bool *chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += chosen[i] = is_plan_of(&c->list[i], path) || is_named(&c->list[i], name);
	for (size_t i = 0; i < c->count && n == 0; i++)
		chosen[i] = is_same_program(&c->list[i], path);
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->count && !chosen[i]; k++)
			chosen[i] = chosen[k] && catalog_closure(c, &c->list[i]) == &c->list[k];
	n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += chosen[i];
	return n;
}

struct shown {
	struct store store;
	struct usage usage;
	struct index index;
	struct catalog catalog;
};

static json_t *
show_chosen(const struct shown *all, const bool *chosen)
{
	json_t *plans = json_array();

	for (int by_dlopen = 0; by_dlopen < 2; by_dlopen++) {
		for (size_t i = 0; i < all->catalog.count; i++) {
			const struct entry *e = &all->catalog.list[i];
			json_t *report;

			if (!chosen[i] ||
			    (e->plan.tables.header->kind == PLAN_DLOPEN) != (by_dlopen == 1))
				continue;
			report = show_plan(&all->store, &all->index, &all->usage, &all->catalog, e);
			if (report)
				json_array_append_new(plans, report);
		}
	}
	return plans;
}

static void
print_why_not(const char *name, const char *why)
{
	struct error error;

	error_set(&error, name, 0, "no plan: %s%s", why,
		  strcmp(why, "not-prepared") == 0 ? " (xipstore add makes one)" : "");
	report_error(&error);
}

/* What a launch of this program would find: in the first store that has a plan of it. */
static bool
show_program(const struct shown *stores, size_t count, const char *name, json_t *reports)
{
	char *path = find_program(name), *interpreter = path ? interpreter_of(path) : NULL;
	const char *program = interpreter ? interpreter : path ? path : name;
	const struct shown *from = stores;
	json_t *report = json_object();
	bool *chosen = NULL;
	size_t n = 0;
	char *why;

	for (size_t i = 0; i < count && n == 0; i++) {
		from = &stores[i];
		free(chosen);
		chosen = must_array(from->catalog.count, sizeof(*chosen));
		n = choose_plans(&from->catalog, name, program, chosen);
	}
	why = n ? NULL : why_no_plan(&from->store, program);
	if (interpreter && !options.json) {
		print_escaped(name);
		fputs(": script, run by ", stdout);
		print_escaped(interpreter);
		putchar('\n');
	}
	json_object_set_new(report, "program", json_text(program));
	json_object_set_new(report, "store", json_text(from->store.dir));
	json_object_set_new(report, "plans", show_chosen(from, chosen));
	json_object_set_new(report, "why", why ? json_text(why) : json_null());
	json_array_append_new(reports, report);
	if (why)
		print_why_not(name, why);
	free(why);
	free(chosen);
	free(interpreter);
	free(path);
	return n != 0;
}

static bool
read_store(struct shown *s, const char *dir, struct error *error)
{
	*s = (struct shown){0};
	if (!store_open(&s->store, dir, NULL, error) || !usage_read(&s->usage, s->store.dir, error))
		return false;
	if (index_read(&s->index, &s->store, error) &&
	    catalog_read_whole(&s->catalog, &s->store, &s->usage, "show", error))
		return true;
	index_free(&s->index);
	usage_free(&s->usage);
	return false;
}

int
command_show(char **programs)
{
	json_t *reports = json_array();
	struct shown stores[2];
	struct error error;
	size_t count = 0;
	int status = 0;

	/* a launch looks into root's store first, and so do we */
	if (store_is_default(options.store) && geteuid() != 0)
		count += read_store(&stores[count], SYSTEM_STORE, &error);
	count += read_store(&stores[count], options.store, &error);
	if (count == 0) {
		report_error(&error);
		json_decref(reports);
		return 1;
	}
	for (; *programs; programs++)
		if (!show_program(stores, count, *programs, reports))
			status = 1;
	if (options.json)
		print_json(json_pack("{so}", "programs", reports));
	else
		json_decref(reports);
	for (size_t i = 0; i < count; i++) {
		catalog_free(&stores[i].catalog);
		index_free(&stores[i].index);
		usage_free(&stores[i].usage);
	}
	return status;
}
