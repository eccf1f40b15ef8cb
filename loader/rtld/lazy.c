#include "base/process_args.h"
#include "rtld/lazy.h"
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"
#include "base/lock.h"
#include "rtld/relocate.h"
#include "rtld/tls.h"
#include "base/heap.h"

#define HEAD_WORDS 3 /* before the slots of a table, where lazy_entry is told the slot alone */

bool
lazy_prepare(struct object *obj)
{
	uintptr_t *head = (uintptr_t *)obj->pltgot;

	if (!head || (rtld->libc_kind == LIBC_MUSL && obj->kind == OBJECT_STARTUP))
		return false; /* musl's ldso waits for what is opened alone */
	head[ARCH_PLT_OBJECT] = obj->start;
	head[ARCH_PLT_ENTRY] = stub_address(STUB_lazy_entry);
	return true;
}

static _Noreturn void
report(const struct error *error)
{
	message_die(127, "%s: symbol lookup error: %s: %s\n", process_args.argv[0], error->file,
		    error->what);
}

static uintptr_t
address_of(const struct symdef *def)
{
	uintptr_t value = stub_symdef_value(def);

	if (ELF64_ST_TYPE(def->sym->st_info) != STT_GNU_IFUNC || def->sym->st_shndx == SHN_UNDEF)
		return value;
	if (!vector_state_size)
		vector_state_size = arch_vector_state_size();
	return arch_keep_vectors(arch_resolve, value);
}

uintptr_t
lazy_bind(uintptr_t place, uint64_t index)
{
	struct object *obj = find_object_at(place);
	struct symdef def = {NULL, NULL};
	struct error error;
	const Elf64_Rela *rela;
	uintptr_t value;

	if (!obj)
		message_die(127, "xipld: call through a table that is no object's (0x%lx)\n",
			    place);
	if (index == UINT64_MAX)
		index = (place - obj->pltgot) / sizeof(uintptr_t) - HEAD_WORDS;
	if (index >= obj->jmprel.size / sizeof(*rela))
		message_die(127, "xipld: %s: call through an entry that its table has not (%lu)\n",
			    obj->path, index);
	rela = (const Elf64_Rela *)obj->jmprel.at + index;
	lock_acquire(LOCK_LIST);
	heap_begin_write();
	if (!relocate_resolve(obj, ELF64_R_SYM(rela->r_info), true, NULL, &def, &error))
		report(&error);
	heap_end_write();
	lock_release(LOCK_LIST);
	if (!def.obj)
		return 0; /* weak: the call goes where ld.so would send it */
	value = address_of(&def);
	relocate_slot(obj, obj->base + rela->r_offset, value);
	return value;
}
