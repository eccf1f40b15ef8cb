/*
 * xipstore rerandomize: a new epoch, whose region lies at a new random address.
 *
 * Under the old epoch's lock nobody publishes; a publisher that waits for it finds the new epoch
 * when it looks again. DIR/epoch is replaced in one step. Closures' plans then leave DIR/plans, as
 * launches would go on finding them: those that processes run from move into their epoch's
 * directory, where xipstore gc knows them to be in use. So do all others of programs, until gc
 * comes: xipstore refresh makes them again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"
#include "common/replace_file.h"
#include "lib/epoch.h"
#include "lib/region.h"
#include "xipstore/change.h"
#include "xipstore/command.h"
#include "xipstore/files.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/rerandomize.h"

static bool
make_epoch(struct epoch_file *e, const struct store *old)
{
	const struct arch_region *region =
		old->has_epoch ? region_find(old->base, old->size) : region_choose();
	uint64_t random[2];

	do {
		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return false;
		epoch_make(e, random[0] >> 16, region_base(region, random[1]), region->size);
	} while (old->has_epoch && (e->number == old->epoch || e->base == old->base));
	return true;
}

static bool
write_epoch(const struct store *s, const struct epoch_file *e, struct error *error)
{
	char *path = must_format("%s/epoch", s->dir);
	struct replacement r;
	int err = replace_begin(&r, path, ".new", 0644);

	errno = 0;
	if (!err && write(r.fd, e, sizeof(*e)) != (ssize_t)sizeof(*e))
		err = errno ? errno : EIO;
	if (!err)
		err = replace_commit(&r);
	if (err) {
		replace_abandon(&r);
		error_set(error, path, err, "cannot be written");
	}
	free(path);
	return !err;
}

/* One plan of the old epoch leaves DIR/plans. */
static bool
retire(const struct store *s, const struct entry *e, struct error *error)
{
	char *dir = must_format("%s/plans", s->epoch_dir),
	     *to = must_format("%s/%s", dir, e->plan.name);
	const bool is_program = e->plan.tables.header && !e->plan.closure;
	bool ok;

	if ((e->processes || is_program) && s->has_epoch)
		ok = (mkdir(dir, 0755) == 0 || errno == EEXIST) && rename(e->path, to) == 0;
	else
		ok = unlink(e->path) == 0;
	if (!ok && errno != ENOENT)
		error_set(error, e->path, errno, "cannot be removed from among the plans");
	else
		ok = true;
	free(dir);
	free(to);
	return ok;
}

/* Additions that a running process may still open stay, for gc to judge: they fit no other closure.
 */
static bool
retire_all(const struct store *s, const struct catalog *c, size_t *retired, struct error *error)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct entry *e = &c->list[i];
		const struct entry *closure = catalog_closure(c, e);

		if (e->plan.closure && (!closure || closure->processes))
			continue;
		if (!retire(s, e, error))
			return false;
		++*retired;
	}
	return true;
}

static void
print_result(const struct store *s, const struct epoch_file *e, size_t retired, size_t running)
{
	if (options.json) {
		print_json(json_pack("{so sb so so so so so so}", "store", json_text(s->dir),
				     "dry_run", options.dry_run, "old_epoch",
				     s->has_epoch ? json_hex(s->epoch) : json_null(), "old_base",
				     s->has_epoch ? json_hex(s->base) : json_null(), "epoch",
				     options.dry_run ? json_null() : json_hex(e->number), "base",
				     options.dry_run ? json_null() : json_hex(e->base), "plans",
				     json_count(retired), "running", json_count(running)));
		return;
	}
	print_escaped(s->dir);
	if (options.dry_run)
		printf(": would begin a new epoch");
	else
		printf(": new epoch %lx, region at %lx", (unsigned long)e->number,
		       (unsigned long)e->base);
	printf("; %zu plan%s of the old one, %zu of them with running processes\n", retired,
	       plural(retired), running);
}

/* A new epoch, and the plans of the old one retired. */
static bool
begin_epoch(const struct store *s, const struct catalog *catalog, struct epoch_file *e,
	    size_t *retired, struct error *error)
{
	*retired = 0;
	if (!make_epoch(e, s))
		return error_set(error, s->dir, errno, "no random numbers to be had");
	return write_epoch(s, e, error) && retire_all(s, catalog, retired, error);
}

static bool
rerandomize(const struct store *s, const struct catalog *catalog, struct error *error)
{
	struct epoch_file e;
	size_t retired, running = 0;

	for (size_t i = 0; i < catalog->count; i++)
		running += catalog->list[i].processes != 0;
	if (options.dry_run) {
		print_result(s, &e, catalog->count, running);
		return true;
	}
	if (!begin_epoch(s, catalog, &e, &retired, error))
		return false;
	print_result(s, &e, retired, running);
	return true;
}

/* Slots are given upwards, and none twice. */
static bool
is_half_full(const struct store *s, const struct index *index)
{
	uint64_t end = 0;

	for (size_t i = 0; i < index->count; i++)
		if (index->list[i].slot &&
		    index->list[i].slot + index->list[i].span - s->base > end)
			end = index->list[i].slot + index->list[i].span - s->base;
	return s->has_epoch && end > s->size / 2;
}

bool
rerandomize_if_full(struct error *error)
{
	struct change change;
	struct epoch_file e;
	size_t retired;
	bool ok;

	ok = change_begin(&change, "rerandomize", error) &&
	     (is_half_full(&change.store, &change.catalog.index) ||
	      error_set(error, change.store.dir, 0, "its region is not full")) &&
	     begin_epoch(&change.store, &change.catalog, &e, &retired, error);
	change_end(&change);
	return ok;
}

int
command_rerandomize(char **none)
{
	struct change change;
	struct error error;
	bool ok;

	(void)none;
	ok = change_begin(&change, "rerandomize", &error) &&
	     rerandomize(&change.store, &change.catalog, &error);
	if (!ok)
		report_error(&error);
	change_end(&change);
	return !ok;
}
