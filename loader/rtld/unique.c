/* STB_GNU_UNIQUE: one definition of a name in the process, whichever object asks (GNU ABI). */
#include "rtld/relocate.h"
#include "base/heap.h"

static void
grow_unique(void)
{
	uint32_t old_size = world->unique_size;
	struct unique_symbol *old = world->unique;

	world->unique_size = old_size ? old_size * 2 : 64;
	world->unique = heap_alloc(world->unique_size * sizeof(*world->unique));
	for (uint32_t i = 0; i < old_size; i++) {
		uint32_t at;

		if (!old[i].name)
			continue;
		at = old[i].hash & (world->unique_size - 1);
		while (world->unique[at].name)
			at = (at + 1) & (world->unique_size - 1);
		world->unique[at] = old[i];
	}
	heap_free(old, old_size * sizeof(*old));
}

void
relocate_unique(const char *name, struct definition *def)
{
	uint32_t hash = lookup_gnu_hash(name), at;

	if (world->unique_count * 2 >= world->unique_size)
		grow_unique();
	at = hash & (world->unique_size - 1);
	for (; world->unique[at].name; at = (at + 1) & (world->unique_size - 1)) {
		if (world->unique[at].hash == hash && streq(world->unique[at].name, name)) {
			*def = world->unique[at].def;
			return;
		}
	}
	world->unique[at] = (struct unique_symbol){name, hash, *def};
	world->unique_count++;
	if (def->obj->kind == OBJECT_LOADED)
		def->obj->nodelete = true; /* others may come to use it: glibc does the same */
}
