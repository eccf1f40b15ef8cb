/* xipstore list: the plans of a store. */
#include <stdlib.h>
#include <time.h>

#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

static void
print_entry(const struct catalog *c, const struct entry *e)
{
	struct page_counts counts = {0};
	size_t objects = 0;
	int used;

	if (e->plan.tables.header) {
		counts = plan_counts(&e->plan);
		free(plan_objects(&e->plan, &c->index, &objects));
	}
	used = printf("%-12s %4zu %6s %6s %6s %6s  ", state_name(e->state), objects,
		      size_text(e->size).s, age_text(time(NULL) - e->changed).s,
		      size_text((counts.of[CLASS_TEXT] + counts.of[CLASS_RELOCATED]) * page_size).s,
		      size_text(counts.of[CLASS_PROGRAM] * page_size).s);
	if (catalog_closure(c, e) || e->state == STATE_ORPHAN)
		used += printf("+ ");
	print_path(e->plan.program && *e->plan.program ? e->plan.program : e->path,
		   output_width() - used);
	putchar('\n');
	if (e->state != STATE_GOOD) {
		used = printf("%12s ", "");
		print_path(e->why, output_width() - used);
		putchar('\n');
	}
}

static void
print_text(const struct store *s, const struct catalog *c)
{
	uint64_t size = 0;
	size_t good = 0;

	printf("%-12s %4s %6s %6s %6s %6s  %s\n", "STATE", "OBJS", "SIZE", "AGE", "SHARED", "OWN",
	       "PROGRAM");
	for (size_t i = 0; i < c->count; i++) {
		print_entry(c, &c->list[i]);
		size += c->list[i].size;
		good += c->list[i].state == STATE_GOOD;
	}
	printf("%zu plan%s, %zu good, %s in ", c->count, plural(c->count), good, size_text(size).s);
	print_escaped(s->dir);
	putchar('\n');
}

static json_t *
make_json(const struct store *s, const struct catalog *c)
{
	json_t *plans = json_array(), *report = json_object();

	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(plans, entry_json(c, &c->list[i]));
	json_object_set_new(report, "store", json_text(s->dir));
	json_object_set_new(report, "epoch", s->has_epoch ? json_hex(s->epoch) : json_null());
	json_object_set_new(report, "base", s->has_epoch ? json_hex(s->base) : json_null());
	json_object_set_new(report, "plans", plans);
	return report;
}

int
command_list(char **none)
{
	struct catalog catalog;
	struct usage usage;
	struct store store;
	struct error error;
	bool ok;

	(void)none;
	if (!store_open(&store, options.store, NULL, &error) ||
	    !usage_read(&usage, store.dir, &error)) {
		report_error(&error);
		return 1;
	}
	ok = catalog_read(&catalog, &store, &usage, "list", &error);
	if (!ok)
		report_error(&error);
	else if (options.json)
		print_json(make_json(&store, &catalog));
	else
		print_text(&store, &catalog);
	if (ok)
		catalog_free(&catalog);
	usage_free(&usage);
	return !ok;
}
