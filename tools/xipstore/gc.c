/* xipstore gc: remove what no plan or file needs. */
#include <stdlib.h>
#include <string.h>

#include "xipstore/budget.h"
#include "xipstore/change.h"
#include "xipstore/collect.h"
#include "xipstore/command.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

static json_t *
make_json(const struct store *s, const struct usage *u, const struct collection *c, size_t failed)
{
	json_t *removed = json_array(), *report = json_object();

	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(
			removed, json_pack("{so ss so}", "path", json_text(c->list[i].path), "why",
					   c->list[i].why, "bytes", json_count(c->list[i].freed)));
	json_object_set_new(report, "store", json_text(s->dir));
	json_object_set_new(report, "dry_run", json_boolean(options.dry_run));
	json_object_set_new(report, "removed", removed);
	json_object_set_new(report, "freed", json_count(c->freed));
	json_object_set_new(report, "failed", json_count(failed));
	json_object_set_new(report, "in_use", json_count(c->kept));
	json_object_set_new(report, "unknown_processes", json_count(u->unknown));
	return report;
}

static void
print_text(const struct store *s, const struct usage *u, const struct collection *c)
{
	size_t dir_len = strlen(s->dir) + 1;

	for (size_t i = 0; i < c->count; i++) {
		const char *name = c->list[i].path + dir_len;
		int used = printf("%6s  %-37s  ", size_text(c->list[i].freed).s, c->list[i].why);

		print_path(name, output_width() - used);
		putchar('\n');
	}
	printf("%zu file%s %s, %s (%llu bytes) freed", c->count, plural(c->count),
	       options.dry_run ? "would be removed" : "removed", size_text(c->freed).s,
	       (unsigned long long)c->freed);
	if (c->kept)
		printf("; %zu stay%s while processes run from them", c->kept,
		       c->kept == 1 ? "s" : "");
	if (u->unknown)
		printf("; %zu process%s could not be examined", u->unknown,
		       u->unknown == 1 ? "" : "es");
	putchar('\n');
}

static bool
collect(const struct change *change, struct error *error)
{
	const struct store *s = &change->store;
	struct collection_wish wish = {.older_than = options.older_than};
	struct collection c = {0};
	struct error damage;
	struct budget budget;
	size_t failed = 0;
	bool ok;

	budget_read(&budget, s, &damage);
	budget_complain(&damage);
	budget_wish(&budget, &wish);
	ok = collection_make(&c, s, &change->usage, &change->catalog, &wish, error);
	if (ok && !options.dry_run)
		ok = collection_remove(&c, s, &failed, error);
	if (ok && options.json)
		print_json(make_json(s, &change->usage, &c, failed));
	else if (ok)
		print_text(s, &change->usage, &c);
	collection_free(&c);
	if (ok && failed)
		error_set(error, s->dir, 0, "%u files could not be removed", (unsigned)failed);
	return ok && !failed;
}

int
command_gc(char **none)
{
	struct change change;
	struct error error;
	bool ok;

	(void)none;
	ok = change_begin(&change, "gc", &error) && collect(&change, &error);
	if (!ok)
		report_error(&error);
	change_end(&change);
	return !ok;
}
