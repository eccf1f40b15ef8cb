#include "xipstore/named.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"

static uint64_t
hash_of_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return hash_of_string(slash ? slash + 1 : path, 0);
}

static uint64_t
hash_of_inode(const struct file_id *id)
{
	return hash_of_number(id->ino, hash_of_number(id->dev, 0));
}

static bool
is_same_inode(const struct file_id *a, const struct file_id *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

static void
add(struct named *named, const char *path, const struct file_id *id)
{
	const uint64_t hash = hash_of_name(path);
	struct hash_index_walk walk = hash_index_walk(&named->by_name, hash);
	size_t i;

	while (hash_index_next(&walk, &i))
		if (is_same_inode(&named->list[i].id, id) && strcmp(named->list[i].path, path) == 0)
			return;
	must_reserve(&named->list, &named->capacity, named->count + 1, sizeof(*named->list));
	must_hash(&named->by_name, hash, named->count);
	must_hash(&named->by_inode, hash_of_inode(id), named->count);
	named->list[named->count++] = (struct named_file){path, *id};
}

void
named_add_plan(struct named *named, const struct plan *p, const struct index *index)
{
	size_t n = plan_fresh_slots(p, NULL, 0);
	uint64_t *slots = must_array(n, sizeof(*slots));

	for (uint64_t i = 0; i < p->tables.header->files.count; i++)
		add(named, plan_string(&p->tables, p->tables.files[i].path),
		    &p->tables.files[i].id);
	plan_fresh_slots(p, slots, n);
	for (size_t i = 0; i < n; i++) {
		const struct index_record *r = index_at(index, slots[i]);

		if (r)
			add(named, r->path, &r->id);
	}
	free(slots);
}

bool
named_has(const struct named *named, const char *tail)
{
	struct hash_index_walk walk = hash_index_walk(&named->by_name, hash_of_name(tail));
	const size_t len = strlen(tail);
	size_t i;

	while (hash_index_next(&walk, &i)) {
		const char *path = named->list[i].path;
		const size_t have = strlen(path);

		if (have >= len && strcmp(path + have - len, tail) == 0)
			return true;
	}
	return false;
}

bool
named_has_file(const struct named *named, const struct file_id *id)
{
	struct hash_index_walk walk = hash_index_walk(&named->by_inode, hash_of_inode(id));
	size_t i;

	while (hash_index_next(&walk, &i))
		if (is_same_inode(&named->list[i].id, id))
			return true;
	return false;
}

bool
named_below(const struct named *named, const char *directory)
{
	for (size_t i = 0; i < named->count; i++)
		if (strstr(named->list[i].path, directory))
			return true;
	return false;
}

void
named_free(struct named *named)
{
	free(named->list);
	hash_index_free(&named->by_name);
	hash_index_free(&named->by_inode);
	*named = (struct named){0};
}
