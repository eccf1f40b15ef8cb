/* Relocations whose value only a resolver can give (IRELATIVE, references to IFUNCs): written once
 * the C library runs, and asked again where the answer may be another. */
#include "rtld/hooks.h"
#include "rtld/copy_reloc.h"
#include "rtld/stubs.h"
#include "rtld/relocate.h"

/* A function whose address each process has to ask for is bound to a stub. */
static uintptr_t
ask(const struct late *l)
{
	bool whole = reloc_is_address(l->kind) && l->addend == 0;

	for (uint32_t n = 0; whole && n < world->nprocess_functions; n++)
		if (world->process_functions[n] == l->resolver)
			return export_process_function(n);
	return arch_resolve(l->resolver);
}

static void
apply_late(const struct late *l)
{
	struct error error;

	if (!relocate_write(l, ask(l) + (uint64_t)l->addend, &error))
		message_die(127, "xipld: %s: %s\n", error.file, error.what);
}

static bool
from_libc(const struct late *l)
{
	return world->libc &&
	       l->resolver - world->libc->start < world->libc->end - world->libc->start;
}

/* Does an answer hold in every process? The vDSO's functions lie elsewhere each time. */
static bool
is_lasting(uintptr_t value)
{
	for (uint32_t i = 0; i < world->all.count; i++)
		if (object_contains(world->all.list[i], value))
			return true;
	return value == 0 || exports_is_stub(value);
}

static bool
is_part_of_c_library(const struct object *obj)
{
	if (obj == world->libc)
		return true;
	for (uint32_t i = 0; world->host == HOST_GLIBC && i < obj->nversions; i++)
		if (obj->versions[i].name && streq(obj->versions[i].name, "GLIBC_PRIVATE"))
			return true;
	return false;
}

/* Names of the private interface can be used by anybody; what lies beside libc is its installer's.
 */
static bool
is_beside_libc(const struct object *obj)
{
	const char *libc = world->libc->path, *name = base_name(libc);
	size_t directory = (size_t)(name - libc);

	return strncmp(obj->path, libc, directory) == 0 && !strchr(obj->path + directory, '/') &&
	       hook_trusts(&obj->id);
}

bool
relocate_answer_lasts(const struct late *l)
{
	for (uint32_t i = 0; i < world->all.count; i++) {
		const struct object *obj = world->all.list[i];

		if (object_contains(obj, l->resolver))
			return is_part_of_c_library(obj) &&
			       (!options.prepare || obj == world->libc || is_beside_libc(obj));
	}
	return false;
}

bool
relocate_may_ask(const struct late *l)
{
	return !options.prepare || relocate_answer_lasts(l);
}

static void
answer(const struct late *l)
{
	if (!relocate_may_ask(l))
		return;
	apply_late(l);
	if (!(relocate_answer_lasts(l) && is_lasting(*(uint64_t *)l->place - (uint64_t)l->addend)))
		relocate_tell_own(l->obj, l->table, l->entry);
}

/* libc's first: another object's resolver may call memcpy. */
void
relocate_late(void)
{
	for (uint32_t i = 0; i < world->nlate; i++)
		if (from_libc(&world->late[i]))
			answer(&world->late[i]);
	for (uint32_t i = 0; i < world->nlate; i++)
		if (!from_libc(&world->late[i]))
			answer(&world->late[i]);
	/* a COPY relocation may have copied the word before it was right */
	for (uint32_t i = 0; i < world->nlate; i++) {
		uintptr_t copy = copies_of(world->late[i].place);

		if (copy)
			*(uint64_t *)copy = *(uint64_t *)world->late[i].place;
	}
}

bool
relocate_can_recheck(const struct late *l)
{
	return reloc_is_address(l->kind) || l->kind == RELOC_IRELATIVE;
}

static void
recheck(const struct late *l)
{
	if (relocate_can_recheck(l))
		relocate_write(l, arch_resolve(l->resolver) + (uint64_t)l->addend, NULL);
}

SYS_HOT void
relocate_recheck(void)
{
	for (uint32_t i = 0; i < world->nrecheck; i++)
		recheck(&world->recheck[i]);
}
