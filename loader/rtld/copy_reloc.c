#include "rtld/bindings.h"
#include "rtld/copy_reloc.h"
#include "rtld/stubs.h"
#include "rtld/relocate.h"
#include "rtld/complaints.h"
#include "base/heap.h"

/* As ld.so says it: the program was linked with another version of the library. */
static void
complain_of_size(const char *name)
{
	char text[512];

	message_format(text, sizeof(text),
		       "Symbol `%s' has different size in shared object, consider re-linking",
		       name);
	complain(text, true);
}

bool
copy_relocs_note(struct object *obj, uint32_t index, uintptr_t place, struct error *error)
{
	struct symdef def;
	const Elf64_Sym *ref;
	uintptr_t from;
	size_t size, bytes_left;

	if (!relocate_resolve(obj, index, false, obj, &def, error))
		return false;
	if (!def.obj)
		return true;
	ref = &obj->symtab[index];
	if (options.bindings)
		report_binding(obj, index, &def, 0, "copy");
	from = def.obj->base + def.sym->st_value;
	bytes_left =
		object_bytes_left(def.obj, from); /* a symbol's size may be more than is there */
	if (def.sym->st_size > ref->st_size)
		complain_of_size(object_symbol_name(obj, ref));
	size = def.sym->st_size < ref->st_size ? def.sym->st_size : ref->st_size;
	size = size < bytes_left ? size : bytes_left;
	if (!object_holds(obj, place, ref->st_size, true) || !bytes_left)
		return error_set(error, obj->path, 0,
				 "copy relocation outside a segment (symbol %u)", index);
	if (stub_symdef_value(&def) == (uintptr_t)stub_debug()) {
		rtld->debug_copy = (struct table){place, size};
		return true;
	}
	rtld->copy_relocs = heap_grow(rtld->copy_relocs, &rtld->copy_relocs_capacity,
				      rtld->ncopy_relocs + 1, sizeof(*rtld->copy_relocs));
	rtld->copy_relocs[rtld->ncopy_relocs++] = (struct copy){place, from, size};
	return true;
}

void
copy_relocs_do(void)
{
	for (uint32_t i = 0; i < rtld->ncopy_relocs; i++)
		memcpy((void *)rtld->copy_relocs[i].to, (const void *)rtld->copy_relocs[i].from,
		       rtld->copy_relocs[i].size);
}

uintptr_t
copy_relocs_of(uintptr_t place)
{
	for (uint32_t i = 0; i < rtld->ncopy_relocs; i++) {
		const struct copy *c = &rtld->copy_relocs[i];

		if (place - c->from < c->size && c->size - (place - c->from) >= 8)
			return c->to + (place - c->from);
	}
	return 0;
}
