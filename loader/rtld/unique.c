/* STB_GNU_UNIQUE: one definition of a name in the process, whichever object asks (GNU ABI). */
#include "rtld/relocate.h"
#include "base/heap.h"

static void
grow_unique(void)
{
	uint32_t old_size = rtld->unique_size;
	struct unique_symbol *old = rtld->unique;

	rtld->unique_size = old_size ? old_size * 2 : 64;
	rtld->unique = heap_alloc(rtld->unique_size * sizeof(*rtld->unique));
	for (uint32_t i = 0; i < old_size; i++) {
		uint32_t at;

		if (!old[i].name)
			continue;
		at = old[i].hash & (rtld->unique_size - 1);
		while (rtld->unique[at].name)
			at = (at + 1) & (rtld->unique_size - 1);
		rtld->unique[at] = old[i];
	}
	heap_free(old, old_size * sizeof(*old));
}

void
relocate_unique(const char *name, struct symdef *def)
{
	uint32_t hash = lookup_gnu_hash(name), at;

	if (rtld->unique_count * 2 >= rtld->unique_size)
		grow_unique();
	at = hash & (rtld->unique_size - 1);
	for (; rtld->unique[at].name; at = (at + 1) & (rtld->unique_size - 1)) {
		if (rtld->unique[at].hash == hash && streq(rtld->unique[at].name, name)) {
			*def = rtld->unique[at].def;
			return;
		}
	}
	rtld->unique[at] = (struct unique_symbol){name, hash, *def};
	rtld->unique_count++;
	if (def->obj->kind == OBJECT_LOADED)
		def->obj->nodelete = true; /* others may come to use it: glibc does the same */
}
