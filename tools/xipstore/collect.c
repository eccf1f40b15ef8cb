#include "xipstore/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/files.h"
#include "xipstore/named.h"
#include "xipstore/output.h"

static const char epoch_over[] = "of an epoch that is over";
static const char over_limit[] = "the store is over its limit";

/* The work at hand. */
struct work {
	struct collection *c;
	const struct store *store;
	const struct usage *usage;
	const struct catalog *catalog;
	const struct collection_wish *wish;
	bool *keep; /* by the catalog's entries */
	const bool *evict; /* the same: to go for the limit's sake; NULL: none */
	struct named named; /* what the plans that stay map from */
};

static void
condemn(struct work *w, const char *path, const char *why)
{
	struct collection *c = w->c;
	struct file_look look;

	if (file_look(path, &look) != 0)
		return;
	must_reserve(&c->list, &c->capacity, c->count + 1, sizeof(*c->list));
	c->list[c->count++] =
		(struct victim){must_strdup(path), why, look.directory ? 0 : look.freed};
	c->freed += look.directory ? 0 : look.freed;
}

/* Is it a program's stale plan that refresh would make again? */
static bool
can_be_refreshed(const struct work *w, const struct entry *e)
{
	char *program;
	bool can;

	if (!e->plan.tables.header || e->plan.tables.header->kind != PLAN_CLOSURE)
		return false;
	program = plan_program(&e->plan);
	can = access(program, F_OK) == 0 && !catalog_good_plan(w->catalog, e);
	free(program);
	return can;
}

/* No launch can use it, or none did for long. */
static const char *
why_not_keep(const struct work *w, const struct entry *e)
{
	const long older_than = w->wish->older_than;

	switch (e->state) {
	case STATE_GOOD:
	case STATE_OTHER_CPU:
	case STATE_OTHER_LOADER:
		if (older_than >= 0 && time(NULL) - e->used.tv_sec >= older_than * 86400)
			return "not used for long";
		return e->plan.tables.header ? NULL : "of another version";
	case STATE_STALE:
		return w->wish->keep_stale && can_be_refreshed(w, e) ? NULL : "stale";
	case STATE_ORPHAN:
		return "dlopen plan of a program plan that is gone";
	case STATE_OTHER_EPOCH:
		return epoch_over;
	case STATE_UNREADABLE:
		break;
	}
	return "damaged";
}

static bool
is_dlopen_plan(const struct entry *e)
{
	return e->plan.tables.header && e->plan.tables.header->kind == PLAN_DLOPEN;
}

/*
 * A running process may come to use a dlopen plan of the program plan that it runs from. Which
 * closure that is cannot be told when the plan's file has lost its name: then all orphans stay.
 */
static bool
may_be_opened(const struct work *w, const struct entry *e)
{
	const struct entry *closure = catalog_closure(w->catalog, e);
	char dir[STORE_PATH + 64];

	if (!is_dlopen_plan(e))
		return false;
	if (closure)
		return closure->processes != 0;
	snprintf(dir, sizeof(dir), "%s/plans", w->store->dir);
	if (usage_deleted_in(w->usage, dir))
		return true;
	/* closures that rerandomize put aside lie in their epoch's directory */
	for (size_t i = 0; i < w->usage->count; i++) {
		const char *path = w->usage->list[i].path + strlen(w->store->dir);

		if (strncmp(path, "/e-", 3) == 0 && strstr(path, "/plans/"))
			return true;
	}
	return false;
}

static void
decide_plans(struct work *w)
{
	for (size_t i = 0; i < w->catalog->count; i++) {
		const struct entry *e = &w->catalog->list[i];
		const char *why = why_not_keep(w, e);

		w->keep[i] = true;
		if (!why && w->evict && w->evict[i])
			why = over_limit;
		if (!why)
			continue;
		if (e->processes || may_be_opened(w, e)) {
			w->c->kept++;
			continue;
		}
		w->keep[i] = false;
		condemn(w, e->path, why);
	}
	/* a dlopen plan goes with its closure */
	for (size_t i = 0; i < w->catalog->count; i++) {
		const struct entry *e = &w->catalog->list[i];
		const struct entry *closure = catalog_closure(w->catalog, e);

		if (w->keep[i] && closure && !w->keep[closure - w->catalog->list] &&
		    !e->processes) {
			w->keep[i] = false;
			condemn(w, e->path, "dlopen plan of a program plan that is gone");
		}
	}
}

/* The files that plans which stay map from, and the objects that they find by their slots. */
static void
note_names(struct work *w)
{
	for (size_t i = 0; i < w->catalog->count; i++) {
		const struct plan *p = &w->catalog->list[i].plan;

		if (w->keep[i] && p->tables.header)
			named_add_plan(&w->named, p, &w->catalog->index);
	}
}

/* An object's file that is gone or another now; a touched one has its inode and size still. */
static bool
is_over(const struct index_record *r)
{
	struct file_id now;

	return sys_stat(r->path, &now) < 0 || now.ino != r->id.ino || now.dev != r->id.dev ||
	       now.size != r->id.size;
}

/* An alias goes with its object. Where room is wanted, what no plan names goes. */
static bool
record_is_needed(const struct work *w, const struct index *index, const struct index_record *r)
{
	const struct index_record *object = index_object(index, r);

	return object && ((!w->evict && !is_over(object)) || named_has(&w->named, object->path) ||
			  named_has_file(&w->named, &object->id));
}

/* A record stays for its slot. Where room is wanted, its relocated pages need not. Returns whether
 * it has changed. */
static bool
keep_slot(const struct work *w, struct index_record *r)
{
	if (!w->evict || r->relocated_id <= STORE_RELOCATED_IN_IMAGE)
		return false;
	r->relocated_id = r->relocated_offset = r->relocated_pages = 0;
	r->relocated_layout = r->relocated_sum = r->abi_hash = 0;
	r->checksum = hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0);
	return true;
}

/*
 * Records that stay: of objects that are there, or that a plan that stays maps. Those with the
 * highest and the lowest slot stay always: slots are given behind and below them, and none is given
 * twice in an epoch, as a process may live in it.
 */
static bool
decide_records(struct work *w, struct error *error)
{
	struct index old;
	size_t first = 0, last = 0;

	if (!index_read(&old, w->store, error))
		return false;
	for (size_t i = 1; i < old.count; i++) {
		if (old.list[i].slot + old.list[i].span > old.list[last].slot + old.list[last].span)
			last = i;
		if (old.list[i].slot - 1 < old.list[first].slot - 1) /* 0 is none */
			first = i;
	}
	w->c->index.list = must_array(old.count, sizeof(*old.list));
	for (size_t i = 0; i < old.count; i++) {
		struct index_record *r = &w->c->index.list[w->c->index.count];

		*r = old.list[i];
		if (record_is_needed(w, &old, r))
			w->c->index.count++;
		else if (i == first || i == last)
			w->c->index_changed |= keep_slot(w, &w->c->index.list[w->c->index.count++]);
	}
	w->c->index_changed |= w->c->index.count != old.count || old.damaged || old.cut;
	index_free(&old);
	return true;
}

static bool
relocated_is_needed(const struct work *w, const char *name)
{
	uint64_t id = strtoull(name, NULL, 16);
	char *tail = must_format("/relocated/%s", name);
	bool needed = named_has(&w->named, tail);

	free(tail);
	for (size_t i = 0; i < w->c->index.count && !needed; i++)
		needed = w->c->index.list[i].relocated_id == id;
	return needed;
}

static bool
copy_is_needed(const struct work *w, const char *name)
{
	char *tail = must_format("/objects/%s", name);
	size_t len = strlen(tail);
	bool needed = named_has(&w->named, tail);

	for (size_t i = 0; i < w->c->index.count && !needed; i++) {
		const char *path = w->c->index.list[i].path;
		size_t have = strlen(path);

		needed = have >= len && strcmp(path + have - len, tail) == 0;
	}
	free(tail);
	return needed;
}

/* Plans are decided one by one: decide_plans. */
static bool
plan_is_needed(const struct work *w, const char *name)
{
	(void)w;
	(void)name;
	return true;
}

/* Init pages belong to one plan. */
static bool
init_pages_is_needed(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->catalog->count; i++) {
		const struct plan_header *h = w->catalog->list[i].plan.tables.header;

		if (w->keep[i] && h &&
		    strtoull(name, NULL, 16) == format_init_pages_name(h->plan_id))
			return true;
	}
	return false;
}

/* The files of one directory whose names have `digits` digits, and what was to get such a name. */
static bool
decide_files(struct work *w, const char *parent, const char *sub, size_t digits,
	     bool (*is_needed)(const struct work *, const char *), struct error *error)
{
	char *dir = must_format("%s/%s", parent, sub);
	struct names names;
	bool ok = names_read(dir, &names, error);

	for (size_t i = 0; ok && i < names.count; i++) {
		const char *name = names.list[i];
		char *path = must_format("%s/%s", dir, name);

		if (is_hex_name(name, digits)) {
			if (!is_needed(w, name))
				condemn(w, path, "named by no plan and no record");
		} else if (strspn(name, "0123456789abcdef") == digits && name[digits] == '.') {
			condemn(w, path, "left by a publisher that died");
		}
		free(path);
	}
	if (ok)
		names_free(&names);
	free(dir);
	return ok;
}

/* Everything that a publisher or rerandomize puts into an epoch's directory; other names stay. */
static bool
condemn_epoch(struct work *w, const char *dir, struct error *error)
{
	static const char *const subs[] = {"relocated", "objects", "plans"};
	static const char *const files[] = {"index", "index.new", "index.private",
					    "index.private.new", "lock"};
	bool ok = true;

	for (size_t i = 0; i < 3 && ok; i++) {
		char *sub = must_format("%s/%s", dir, subs[i]);
		struct names names;

		ok = names_read(sub, &names, error);
		for (size_t k = 0; ok && k < names.count; k++) {
			char *path = must_format("%s/%s", sub, names.list[k]);

			condemn(w, path, epoch_over);
			free(path);
		}
		if (ok)
			names_free(&names);
		condemn(w, sub, epoch_over);
		free(sub);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = must_format("%s/%s", dir, files[i]);

		condemn(w, path, epoch_over);
		free(path);
	}
	condemn(w, dir, epoch_over);
	return ok;
}

/* Of an epoch from which a process runs: plans that no process runs from. */
static bool
condemn_retired(struct work *w, const char *dir, struct error *error)
{
	char *plans = must_format("%s/plans", dir);
	struct names names;
	bool ok = names_read(plans, &names, error);

	for (size_t i = 0; ok && i < names.count; i++) {
		char *path = must_format("%s/%s", plans, names.list[i]);

		if (!usage_processes(w->usage, path))
			condemn(w, path, epoch_over);
		free(path);
	}
	if (ok)
		names_free(&names);
	free(plans);
	return ok;
}

/* Is somebody publishing into it (who read the old epoch file), or running from it? */
static bool
epoch_is_busy(const struct work *w, const char *dir)
{
	char *tail = must_format("%s/", dir + strlen(w->store->dir));
	struct error error;
	bool busy = usage_below(w->usage, dir) || named_below(&w->named, tail);
	int lock;

	free(tail);
	if (busy)
		return true;
	lock = lock_epoch(dir, 0, &error);
	if (lock >= 0)
		close(lock);
	return lock < 0;
}

static bool
decide_top(struct work *w, struct error *error)
{
	struct names names;
	bool ok = names_read(w->store->dir, &names, error);

	for (size_t i = 0; ok && i < names.count; i++) {
		const char *name = names.list[i];
		char *path = must_format("%s/%s", w->store->dir, name);
		struct file_look look;
		bool busy;

		if (strncmp(name, "epoch.", 6) == 0 || strncmp(name, "limit.", 6) == 0)
			condemn(w, path, "left by a publisher that died");
		if (strncmp(name, "e-", 2) == 0 && is_hex_name(name + 2, strlen(name + 2)) &&
		    strcmp(path, w->store->epoch_dir) != 0 && file_look(path, &look) == 0 &&
		    look.directory) {
			busy = epoch_is_busy(w, path);
			w->c->kept += busy;
			ok = busy ? condemn_retired(w, path, error) : condemn_epoch(w, path, error);
		}
		free(path);
	}
	names_free(&names);
	return ok;
}

/* All that goes, if these plans go. */
static bool
decide(struct work *w, struct error *error)
{
	const struct store *s = w->store;
	bool ok;

	decide_plans(w);
	note_names(w);
	ok = decide_files(w, s->dir, "plans", 16, plan_is_needed, error) &&
	     decide_files(w, s->dir, "init-pages", 16, init_pages_is_needed, error) &&
	     decide_top(w, error);
	if (ok && s->has_epoch) {
		for (int i = 0; i < 2; i++) {
			char *path =
				must_format("%s/index%s.new", s->epoch_dir, i ? ".private" : "");

			condemn(w, path, "left by a publisher that died");
			free(path);
		}
		ok = decide_records(w, error) &&
		     decide_files(w, s->epoch_dir, "relocated", 16, relocated_is_needed, error) &&
		     decide_files(w, s->epoch_dir, "objects", 2 * HASH_SIZE, copy_is_needed, error);
	}
	return ok;
}

/* The collection for one choice of plans that are to go for the limit's sake (NULL: none). */
static bool
make_for(struct work *w, const bool *evict, struct error *error)
{
	bool ok;

	collection_free(w->c);
	w->keep = must_array(w->catalog->count + 1, sizeof(*w->keep));
	w->evict = evict;
	ok = decide(w, error);
	free(w->keep);
	named_free(&w->named);
	return ok;
}

static int
by_last_use(const void *a, const void *b)
{
	return entry_compare_use(*(const struct entry *const *)a, *(const struct entry *const *)b);
}

/* Plans that may go, the least recently used first; the caller frees. */
static const struct entry **
evictable(const struct work *w, size_t *count)
{
	const struct entry **list = must_array(w->catalog->count + 1, sizeof(const struct entry *));

	*count = 0;
	for (size_t i = 0; i < w->catalog->count; i++) {
		const struct entry *e = &w->catalog->list[i];

		if (!e->processes && !may_be_opened(w, e) && !why_not_keep(w, e))
			list[(*count)++] = e;
	}
	if (*count)
		qsort(list, *count, sizeof(const struct entry *), by_last_use);
	return list;
}

static uint64_t
size_after(const struct work *w)
{
	return w->wish->size > w->c->freed ? w->wish->size - w->c->freed : 0;
}

/*
 * Plans go until the store is no larger than the goal: as few as will do, found by halves, as the
 * relocated pages, copies and records that go with them depend on which plans stay.
 */
static bool
make_room(struct work *w, struct error *error)
{
	size_t count, low = 0, high;
	const struct entry **order = evictable(w, &count);
	bool *evict = must_array(w->catalog->count + 1, sizeof(*evict)), ok = true;

	high = count; /* enough, or all that can be done */
	while (ok && low <= high) {
		const size_t n = low == high ? high : (low + high) / 2;

		memset(evict, 0, w->catalog->count);
		for (size_t i = 0; i < n; i++)
			evict[order[i] - w->catalog->list] = true;
		ok = make_for(w, evict, error);
		if (low == high)
			break;
		if (size_after(w) <= w->wish->goal)
			high = n;
		else
			low = n + 1;
	}
	free(evict);
	free(order);
	return ok;
}

bool
collection_make(struct collection *c, const struct store *s, const struct usage *usage,
		const struct catalog *catalog, const struct collection_wish *wish,
		struct error *error)
{
	struct work w = {.c = c, .store = s, .usage = usage, .catalog = catalog, .wish = wish};

	*c = (struct collection){0};
	if (!make_for(&w, NULL, error))
		return false;
	return size_after(&w) <= wish->limit || make_room(&w, error);
}

size_t
collection_next(const struct store *s, const struct usage *usage, const struct catalog *catalog,
		size_t *numbers, size_t most)
{
	const struct collection_wish wish = {.older_than = -1, .keep_stale = true};
	const struct work w = {.store = s, .usage = usage, .catalog = catalog, .wish = &wish};
	size_t count, n = 0;
	const struct entry **order = evictable(&w, &count);

	for (size_t i = 0; i < count && n < most; i++)
		if (!is_dlopen_plan(order[i]))
			numbers[n++] = (size_t)(order[i] - catalog->list);
	free(order);
	return n;
}

bool
collection_remove(const struct collection *c, const struct store *s, size_t *failed,
		  struct error *error)
{
	*failed = 0;
	/* plans first, then the index, then what they named: what is found stays complete */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < c->count; i++) {
			const char *path = c->list[i].path;
			bool is_plan = strncmp(path + strlen(s->dir), "/plans/", 7) == 0;

			if (is_plan != (round == 0))
				continue;
			progress("gc: %zu/%zu %s", i + 1, c->count, path);
			if (remove(path) == 0 || errno == ENOENT)
				continue;
			error_set(error, path, errno, "cannot be removed");
			report_error(error);
			++*failed;
		}
		if (round == 0 && c->index_changed && !index_write(&c->index, s, error))
			return false;
	}
	progress_end();
	return true;
}

void
collection_free(struct collection *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].path);
	free(c->list);
	index_free(&c->index);
	*c = (struct collection){0};
}
