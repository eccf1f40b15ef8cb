#include "shmstat/dups/print.h"

#include <stdio.h>
#include <string.h>

#include "shmstat/out/printable.h"

static const char *const kind_names[] = {"file", "copy", "anonymous"};

static unsigned long long
kb(uint64_t pages)
{
	return (unsigned long long)pages_kb(pages);
}

static const struct owner *
owner(const struct dups *d, uint32_t number)
{
	return &d->walk.owners.owners[number];
}

static void
put_owner(const struct owner *o)
{
	printable_put(stdout, o->name);
	if (o->kind == OWNER_COPY)
		printf(" (copied)");
}

static void
put_heading(const struct dups *d)
{
	const struct dups_counts *c = &d->walk.counts;

	printf("%llu pages of memory (%llu kB) read in %llu processes, each page once",
	       (unsigned long long)c->pages, kb(c->pages), (unsigned long long)c->processes);
	if (c->denied)
		printf("; %llu processes may not be read", (unsigned long long)c->denied);
	printf("\nzero pages: %llu anonymous, %llu of files; shared by KSM already: %llu",
	       (unsigned long long)c->zero_anon, (unsigned long long)c->zero_file,
	       (unsigned long long)c->ksm);
	if (c->hugetlb)
		printf("; huge pages, not looked at: %llu", (unsigned long long)c->hugetlb);
	if (c->unknown)
		printf("; shared with others, not looked at: %llu", (unsigned long long)c->unknown);
	printf("\nequal pages: keeping one of each would give back %llu (%llu kB);\n"
	       "a shared region %llu (%llu kB), KSM %llu (%llu kB)\n",
	       (unsigned long long)d->all, kb(d->all), (unsigned long long)d->region, kb(d->region),
	       (unsigned long long)d->ksm, kb(d->ksm));
	if (c->unread || c->forgotten || d->table.lost)
		printf("not exact: %llu pages went away, %llu may be counted twice, %llu left "
		       "out\n",
		       (unsigned long long)c->unread, (unsigned long long)c->forgotten,
		       (unsigned long long)d->table.lost);
}

/* Those that have no page twice (one file under two names or in two mounts) are of no interest. */
static void
put_objects(const struct dups *d, size_t top)
{
	if (!d->object_count || !d->objects[0].pages)
		return;
	printf("\nFiles with equal content\n%8s %9s  %s\n", "pages", "kB", "files");
	for (size_t i = 0; i < d->object_count && (!top || i < top) && d->objects[i].pages; i++) {
		bool first = true;

		for (uint32_t k = 0; k < d->walk.owners.count; k++) {
			const struct owner *o = owner(d, k);

			if (o->object != i + 1)
				continue;
			if (first)
				printf("%8llu %9llu  ", (unsigned long long)d->objects[i].pages,
				       kb(d->objects[i].pages));
			else
				printf("%20s", "");
			first = false;
			put_owner(o);
			putchar('\n');
		}
	}
}

void
dups_text(const struct dups *d, size_t top)
{
	put_heading(d);
	put_objects(d, top);
	if (d->pair_count)
		printf("\nPages with equal content\n%8s %9s  %-13s  %s\n", "pages", "kB",
		       "shared by", "whose, and whose");
	for (size_t i = 0; i < d->pair_count && (!top || i < top); i++) {
		const struct dups_pair *pair = &d->pairs[i];

		printf("%8llu %9llu  %-13s  ", (unsigned long long)pair->pages, kb(pair->pages),
		       dups_remedy(d, pair));
		put_owner(owner(d, pair->first));
		printf(", ");
		if (pair->first == pair->second)
			printf("itself");
		else
			put_owner(owner(d, pair->second));
		putchar('\n');
	}
	if (top && d->pair_count > top)
		printf("%20s... and %zu more (-n 0 shows all)\n", "", d->pair_count - top);
}

void
dups_csv(const struct dups *d, size_t top)
{
	puts("pages,kb,remedy,first_kind,first,second_kind,second");
	for (size_t i = 0; i < d->pair_count && (!top || i < top); i++) {
		const struct dups_pair *pair = &d->pairs[i];
		const struct owner *a = owner(d, pair->first), *b = owner(d, pair->second);

		printf("%llu,%llu,%s,%s,", (unsigned long long)pair->pages, kb(pair->pages),
		       dups_remedy(d, pair), kind_names[a->kind]);
		printable_csv(stdout, a->name);
		printf(",%s,", kind_names[b->kind]);
		printable_csv(stdout, b->name);
		putchar('\n');
	}
}

static void
set(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *
owner_json(const struct owner *o)
{
	json_t *json = json_object();

	json_object_set_new(json, "kind", json_string(kind_names[o->kind]));
	json_object_set_new(json, "name", printable_json(o->name));
	set(json, "pages", o->pages);
	set(json, "processes", o->processes);
	return json;
}

static json_t *
pairs_json(const struct dups *d, size_t top)
{
	json_t *pairs = json_array();

	for (size_t i = 0; i < d->pair_count && (!top || i < top); i++) {
		json_t *pair = json_object();

		json_object_set_new(pair, "first", owner_json(owner(d, d->pairs[i].first)));
		json_object_set_new(pair, "second", owner_json(owner(d, d->pairs[i].second)));
		set(pair, "pages", d->pairs[i].pages);
		set(pair, "kb", pages_kb(d->pairs[i].pages));
		json_object_set_new(pair, "remedy", json_string(dups_remedy(d, &d->pairs[i])));
		json_array_append_new(pairs, pair);
	}
	return pairs;
}

static json_t *
objects_json(const struct dups *d, size_t top)
{
	json_t *objects = json_array();

	for (size_t i = 0; i < d->object_count && (!top || i < top); i++) {
		json_t *object = json_object(), *files = json_array();

		set(object, "size", d->objects[i].size);
		set(object, "pages", d->objects[i].pages);
		set(object, "kb", pages_kb(d->objects[i].pages));
		for (uint32_t k = 0; k < d->walk.owners.count; k++)
			if (owner(d, k)->object == i + 1)
				json_array_append_new(files, printable_json(owner(d, k)->name));
		json_object_set_new(object, "files", files);
		json_array_append_new(objects, object);
	}
	return objects;
}

void
dups_json(const struct dups *d, size_t top)
{
	const struct dups_counts *c = &d->walk.counts;
	json_t *json = json_object();

	json_object_set_new(json, "frames", json_boolean(d->walk.numbered));
	set(json, "page_size", system_page_size());
	set(json, "processes", c->processes);
	set(json, "denied", c->denied);
	set(json, "pages", c->pages);
	set(json, "zero_anonymous", c->zero_anon);
	set(json, "zero_file", c->zero_file);
	set(json, "ksm_shared", c->ksm);
	set(json, "hugetlb", c->hugetlb);
	set(json, "not_looked_at", c->unknown);
	set(json, "unread", c->unread);
	set(json, "maybe_twice", c->forgotten);
	set(json, "left_out", d->table.lost);
	set(json, "rounds", d->table.rounds);
	set(json, "groups", d->groups);
	set(json, "give_back", d->all);
	set(json, "give_back_region", d->region);
	set(json, "give_back_ksm", d->ksm);
	set(json, "unlisted", d->unlisted);
	json_object_set_new(json, "objects", objects_json(d, top));
	json_object_set_new(json, "pairs", pairs_json(d, top));
	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}
