#include "shmstat/dups/owners.h"

#include <stdlib.h>
#include <string.h>

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
	free(o->index);
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
	uint64_t hash = 0xcbf29ce484222325ULL ^ kind ^ device << 8 ^ inode << 20;

	for (; name_counts(kind, device) && *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
	return hash * 0x9e3779b97f4a7c15ULL >> 16;
}

static uint32_t *
place_of(struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode, const char *name)
{
	uint32_t i = (uint32_t)hash_of(kind, device, inode, name) & (o->index_room - 1);

	while (o->index[i]) {
		const struct owner *owner = &o->owners[o->index[i] - 1];

		if (owner->kind == kind && owner->device == device && owner->inode == inode &&
		    (!name_counts(kind, device) || strcmp(owner->name, name) == 0))
			break;
		i = (i + 1) & (o->index_room - 1);
	}
	return &o->index[i];
}

static bool
grow(struct owners *o)
{
	uint32_t room = o->room ? o->room * 2 : 256;
	struct owner *larger = realloc(o->owners, room * sizeof(*larger));
	uint32_t *index = calloc(room * 2, sizeof(*index));

	if (larger)
		o->owners = larger;
	if (!larger || !index) {
		free(index);
		return false;
	}
	free(o->index);
	o->index = index;
	o->index_room = room * 2;
	o->room = room;
	for (uint32_t i = 0; i < o->count; i++) {
		const struct owner *owner = &o->owners[i];

		*place_of(o, owner->kind, owner->device, owner->inode, owner->name) = i + 1;
	}
	return true;
}

uint32_t
owners_find(struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode,
	    const char *name, bool *fresh)
{
	uint32_t *place;
	struct owner *owner;

	if (fresh)
		*fresh = false;
	if (o->count == o->room && !grow(o))
		return UINT32_MAX;
	place = place_of(o, kind, device, inode, name);
	if (*place)
		return *place - 1;
	if (o->count + 1 >= o->most) {
		kind = OWNER_ANON;
		device = inode = 0;
		name = "[others]";
		place = place_of(o, kind, 0, 0, name);
		if (*place)
			return *place - 1;
	}
	owner = &o->owners[o->count];
	*owner = (struct owner){.kind = kind, .device = device, .inode = inode};
	owner->name = strdup(name);
	if (!owner->name)
		return UINT32_MAX;
	*place = ++o->count;
	if (fresh)
		*fresh = true;
	return o->count - 1;
}
