#include "rtld/bindings.h"
#include "rtld/stubs.h"

void
report_binding(const struct object *obj, uint32_t index, const struct symdef *def, uintptr_t value,
	       const char *how)
{
	const struct version *version = lookup_version_of(obj, index);
	const char *to = def->obj ? def->obj->path : "-";

	if (value - rtld->stubs < stubs_stub_size())
		to = def->obj ? "xipld" : "-";
	message_print(1, "%s\t%s\t%s\t%s\t%s\n", obj->path, to,
		      object_symbol_name(obj, &obj->symtab[index]), version ? version->name : "-",
		      how);
}
