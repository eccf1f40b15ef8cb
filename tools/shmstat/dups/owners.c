#include "shmstat/dups/owners.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"

void
owners_init(struct owners *o, uint32_t most)
{
	*o = (struct owners){.most = most};
}

void
owners_free(struct owners *o)
{
	for (uint32_t i = 0; i < o->count; i++)
		free(o->owners[i].name);
	free(o->owners);
	hash_index_free(&o->by_name);
	*o = (struct owners){0};
}

/*
 * One file is one owner, whatever names it has. On file systems without a device of their own
 * (overlay, btrfs, memfd) an inode number may belong to several files: there the name decides too.
 */
static bool
name_counts(enum owner_kind kind, uint64_t device)
{
	return kind == OWNER_ANON || device >> 32 == 0;
}

static uint64_t
hash_of(enum owner_kind kind, uint64_t device, uint64_t inode, const char *name)
{
	uint64_t hash = hash_of_number(inode, hash_of_number(device, kind));

	return name_counts(kind, device) ? hash_of_string(name, hash) : hash;
}

/* UINT32_MAX: not known. */
static uint32_t
find(const struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode,
     const char *name)
{
	struct hash_index_walk walk =
		hash_index_walk(&o->by_name, hash_of(kind, device, inode, name));
	size_t i;

	while (hash_index_next(&walk, &i)) {
		const struct owner *owner = &o->owners[i];

		if (owner->kind == kind && owner->device == device && owner->inode == inode &&
		    (!name_counts(kind, device) || strcmp(owner->name, name) == 0))
			return (uint32_t)i;
	}
	return UINT32_MAX;
}

static uint32_t
add(struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode, const char *name)
{
	struct owner owner = {.kind = kind, .device = device, .inode = inode};

	if (!array_reserve(&o->owners, &o->capacity, o->count + 1, sizeof(*o->owners)))
		return UINT32_MAX;
	owner.name = strdup(name);
	if (!owner.name ||
	    !hash_index_add(&o->by_name, hash_of(kind, device, inode, name), o->count)) {
		free(owner.name);
		return UINT32_MAX;
	}
	o->owners[o->count] = owner;
	return o->count++;
}

uint32_t
owners_find(struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode,
	    const char *name, bool *fresh)
{
	uint32_t number = find(o, kind, device, inode, name);

	if (fresh)
		*fresh = false;
	if (number != UINT32_MAX)
		return number;
	if (o->count + 1 >= o->most) {
		kind = OWNER_ANON;
		device = inode = 0;
		name = "[others]";
		number = find(o, kind, 0, 0, name);
		if (number != UINT32_MAX)
			return number;
	}
	number = add(o, kind, device, inode, name);
	if (fresh)
		*fresh = number != UINT32_MAX;
	return number;
}
