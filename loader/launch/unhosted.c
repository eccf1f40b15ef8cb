#include "launch/unhosted.h"
#include "rtld/rtld.h"

#ifndef DT_AUDIT
#define DT_AUDIT 0x6ffffefc
#define DT_DEPAUDIT 0x6ffffefb
#endif

static bool
has_tag(const struct object *obj, int64_t a, int64_t b)
{
	for (uint32_t i = 0; i < obj->ndynamic; i++)
		if (obj->dynamic[i].d_tag == a || obj->dynamic[i].d_tag == b)
			return true;
	return false;
}

/* Does obj use a function of this name from elsewhere? With a GNU hash table what is undefined
 * comes first. */
static bool
uses(const struct object *obj, const char *name)
{
	uint32_t end = obj->gnu.buckets && obj->gnu.symoffset < obj->nsyms ? obj->gnu.symoffset
									   : obj->nsyms;

	for (uint32_t i = 1; i < end; i++) {
		const Elf64_Sym *sym = &obj->symtab[i];
		const char *have = object_symbol_name(obj, sym);

		if (sym->st_shndx == SHN_UNDEF && have && streq(have, name))
			return true;
	}
	return false;
}

const char *
unhosted_reason(void)
{
	if (rtld->libc_kind != LIBC_GLIBC) /* musl's ldso has none of it */
		return NULL;
	if (has_tag(rtld->program, DT_AUDIT, DT_DEPAUDIT))
		return "it asks for audit libraries (DT_AUDIT)";
	if (has_tag(rtld->program, DT_FILTER,
		    DT_AUXILIARY)) /* another comes before it in its scope */
		return "it is a filter (DT_FILTER, DT_AUXILIARY)";
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		const struct object *obj = rtld->startup.list[i];

		if (!obj->is_libc && !obj->is_interp && uses(obj, "dlmopen"))
			return "it may open libraries in a namespace of their own (dlmopen)";
	}
	return NULL;
}
