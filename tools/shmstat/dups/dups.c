#include "shmstat/dups/dups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/array.h"
#include "shmstat/dups/objects.h"

/* The bounds, beside the table's own: docs/shmstat-dups.1 states them. */
#define MOST_OWNERS 100000u
#define MOST_PAIRS 98304u
#define SEEN_BYTES (64u << 20)

static struct dups_hash
hash(const struct dups *d, const void *page)
{
	return dups_hash_page(page, system_page_size(), d->secret);
}

static void
first_walk(const void *page, uint32_t owner, void *arg)
{
	struct dups *d = arg;
	struct dups_hash h = hash(d, page);

	(void)owner;
	dups_first(&d->table, &h);
}

static void
second_page(const void *page, uint32_t owner, void *arg)
{
	struct dups *d = arg;
	struct dups_hash h = hash(d, page);

	dups_second(&d->table, &h, owner);
}

static bool
second_walk(void *arg)
{
	struct dups *d = arg;

	return dups_walk_pages(&d->walk, "comparing", second_page, d);
}

/* The pair, new if need be. NULL if there are too many, or without memory. */
static struct dups_pair *
pair_of(struct dups *d, uint32_t first, uint32_t second)
{
	uint64_t hash = hash_of_number(second, first);
	struct hash_index_walk walk = hash_index_walk(&d->by_owners, hash);
	size_t i;

	while (hash_index_next(&walk, &i))
		if (d->pairs[i].first == first && d->pairs[i].second == second)
			return &d->pairs[i];
	if (d->pair_count == MOST_PAIRS ||
	    !array_reserve(&d->pairs, &d->pair_capacity, d->pair_count + 1, sizeof(*d->pairs)) ||
	    !hash_index_add(&d->by_owners, hash, d->pair_count))
		return NULL;
	d->pairs[d->pair_count] = (struct dups_pair){.first = first, .second = second};
	return &d->pairs[d->pair_count++];
}

static const struct owner *
owner(const struct dups *d, uint32_t number)
{
	return &d->walk.owners.owners[number];
}

/* Of equal files' pages all but one would go. */
static void
count_objects(struct dups *d, const struct dups_record *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t number = owner(d, r[i].owner)->object;
		struct dups_object *object = number ? &d->objects[number - 1] : NULL;

		if (!object)
			continue;
		object->pages += r[i].pages - (object->stamp != d->groups);
		object->stamp = d->groups;
	}
}

/* How many fewer of `pages` equal ones there would be. */
static uint64_t
all_but_one(uint64_t pages)
{
	return pages ? pages - 1 : 0;
}

static void
count_group(const struct dups_record *r, size_t count, void *arg)
{
	struct dups *d = arg;
	uint64_t kinds[3] = {0};
	uint32_t stays = r[0].owner;

	d->groups++;
	for (size_t i = 0; i < count; i++) {
		kinds[owner(d, r[i].owner)->kind] += r[i].pages;
		if (owner(d, r[i].owner)->kind < owner(d, stays)->kind)
			stays = r[i].owner;
	}
	d->all += all_but_one(kinds[OWNER_FILE] + kinds[OWNER_COPY] + kinds[OWNER_ANON]);
	d->region += all_but_one(kinds[OWNER_FILE] + kinds[OWNER_COPY]);
	d->ksm += all_but_one(kinds[OWNER_COPY] + kinds[OWNER_ANON]);
	count_objects(d, r, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t less = r[i].pages - (r[i].owner == stays);
		struct dups_pair *pair = less ? pair_of(d, stays, r[i].owner) : NULL;

		if (pair)
			pair->pages += less;
		else
			d->unlisted += less;
	}
}

static int
by_pages(const void *a, const void *b)
{
	const struct dups_pair *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->second < y->second ? -1 : x->second > y->second;
}

static int
by_object_pages(const void *a, const void *b)
{
	const struct dups_object *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return x->size < y->size ? 1 : -(x->size > y->size);
}

/* Owners name their object by its place, which sorting changes. */
static void
sort_objects(struct dups *d)
{
	uint32_t *place = calloc(d->object_count + 1, sizeof(*place));

	for (size_t i = 0; i < d->object_count; i++)
		d->objects[i].stamp = i;
	if (place && d->object_count) {
		qsort(d->objects, d->object_count, sizeof(*d->objects), by_object_pages);
		for (size_t i = 0; i < d->object_count; i++)
			place[d->objects[i].stamp] = (uint32_t)i;
		for (uint32_t i = 0; i < d->walk.owners.count; i++) {
			struct owner *o = &d->walk.owners.owners[i];

			o->object = o->object ? place[o->object - 1] + 1 : 0;
		}
	}
	free(place);
}

static bool
prepare(struct dups *d, const struct dups_options *options)
{
	memset(d, 0, sizeof(*d));
	if (!dups_walk_init(&d->walk, SEEN_BYTES, MOST_OWNERS) ||
	    !dups_table_init(&d->table, options->memory))
		return false;
	d->walk.progress = options->progress;
	d->walk.pids = options->pids;
	d->walk.pid_count = options->pid_count;
	return getrandom(d->secret, sizeof(d->secret), 0) == sizeof(d->secret);
}

bool
dups_find(struct dups *d, const struct dups_options *options, struct error *error)
{
	if (!prepare(d, options))
		return error_format(error, "", errno, "%s", "");
	if (!dups_walk_pages(&d->walk, "looking", first_walk, d))
		return error_format(error, "/proc", errno, "%s", "");
	if (!dups_objects_find(d))
		return error_format(error, "", ENOMEM, "%s", "");
	if (!dups_rounds(&d->table, second_walk, count_group, d))
		return error_format(error, "/proc", errno, "%s", "");
	if (d->pair_count)
		qsort(d->pairs, d->pair_count, sizeof(*d->pairs), by_pages);
	sort_objects(d);
	return true;
}

void
dups_free(struct dups *d)
{
	dups_walk_free(&d->walk);
	dups_table_free(&d->table);
	free(d->pairs);
	hash_index_free(&d->by_owners);
	free(d->objects);
}

const char *
dups_remedy(const struct dups *d, const struct dups_pair *pair)
{
	enum owner_kind a = owner(d, pair->first)->kind, b = owner(d, pair->second)->kind;

	if (a == OWNER_COPY && b == OWNER_COPY)
		return "region or ksm";
	if (a != OWNER_ANON && b != OWNER_ANON)
		return "region";
	return a == OWNER_FILE || b == OWNER_FILE ? "map the file" : "ksm";
}
