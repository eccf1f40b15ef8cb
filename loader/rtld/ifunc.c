/* Relocations whose value only a resolver can give (IRELATIVE, references to IFUNCs): written once
 * the C library runs, and asked again where the answer may be another. */
#include "rtld/hooks.h"
#include "rtld/copy_reloc.h"
#include "rtld/stubs.h"
#include "rtld/relocate.h"

/* A function whose address each process has to ask for is bound to a stub. */
static uintptr_t
ask(const struct ifunc_reloc *l)
{
	bool whole = reloc_is_address(l->kind) && l->addend == 0;

	for (uint32_t n = 0; whole && n < rtld->nvdso_ifuncs; n++)
		if (rtld->vdso_ifuncs[n] == l->resolver)
			return stub_vdso_ifunc(n);
	return arch_resolve(l->resolver);
}

static void
apply_ifunc_reloc(const struct ifunc_reloc *l)
{
	struct error error;

	if (!relocate_write(l, ask(l) + (uint64_t)l->addend, &error))
		message_die(127, "xipld: %s: %s\n", error.file, error.what);
}

static bool
from_libc(const struct ifunc_reloc *l)
{
	return rtld->libc && l->resolver - rtld->libc->start < rtld->libc->end - rtld->libc->start;
}

/* Does an answer hold in every process? The vDSO's functions lie elsewhere each time. */
static bool
is_lasting(uintptr_t value)
{
	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (object_contains(rtld->all.list[i], value))
			return true;
	return value == 0 || stubs_is_stub(value);
}

static bool
is_part_of_c_library(const struct object *obj)
{
	if (obj == rtld->libc)
		return true;
	for (uint32_t i = 0; rtld->libc_kind == LIBC_GLIBC && i < obj->nversions; i++)
		if (obj->versions[i].name && streq(obj->versions[i].name, "GLIBC_PRIVATE"))
			return true;
	return false;
}

/* Names of the private interface can be used by anybody; what lies beside libc is its installer's.
 */
static bool
is_beside_libc(const struct object *obj)
{
	const char *libc = rtld->libc->path, *name = base_name(libc);
	size_t directory = (size_t)(name - libc);

	return strncmp(obj->path, libc, directory) == 0 && !strchr(obj->path + directory, '/') &&
	       hook_trusts(&obj->id);
}

bool
ifunc_answer_lasts(const struct ifunc_reloc *l)
{
	for (uint32_t i = 0; i < rtld->all.count; i++) {
		const struct object *obj = rtld->all.list[i];

		if (object_contains(obj, l->resolver))
			return is_part_of_c_library(obj) &&
			       (!options.prepare || obj == rtld->libc || is_beside_libc(obj));
	}
	return false;
}

bool
ifunc_may_ask(const struct ifunc_reloc *l)
{
	return !options.prepare || ifunc_answer_lasts(l);
}

static void
answer(const struct ifunc_reloc *l)
{
	if (!ifunc_may_ask(l))
		return;
	apply_ifunc_reloc(l);
	if (!(ifunc_answer_lasts(l) && is_lasting(*(uint64_t *)l->place - (uint64_t)l->addend)))
		relocate_tell_own(l->obj, l->table, l->entry);
}

/* libc's first: another object's resolver may call memcpy. */
void
ifunc_resolve(void)
{
	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++)
		if (from_libc(&rtld->ifunc_relocs[i]))
			answer(&rtld->ifunc_relocs[i]);
	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++)
		if (!from_libc(&rtld->ifunc_relocs[i]))
			answer(&rtld->ifunc_relocs[i]);
	/* a COPY relocation may have copied the word before it was right */
	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++) {
		uintptr_t copy = copy_relocs_of(rtld->ifunc_relocs[i].place);

		if (copy)
			*(uint64_t *)copy = *(uint64_t *)rtld->ifunc_relocs[i].place;
	}
}

bool
ifunc_can_recheck(const struct ifunc_reloc *l)
{
	return reloc_is_address(l->kind) || l->kind == RELOC_IRELATIVE;
}

static void
recheck_ifuncs(const struct ifunc_reloc *l)
{
	if (ifunc_can_recheck(l))
		relocate_write(l, arch_resolve(l->resolver) + (uint64_t)l->addend, NULL);
}

SYS_HOT void
ifunc_recheck(void)
{
	for (uint32_t i = 0; i < rtld->nrecheck_ifuncs; i++)
		recheck_ifuncs(&rtld->recheck_ifuncs[i]);
}
