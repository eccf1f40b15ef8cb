#include "libc/dlfcn_hook.h"
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"

/* The last three words of _rtld_global_ro; the hook is the first of them. */
#define FROM_THE_END 24

/* ld.so's variable that holds the hook. */
static const Elf64_Sym *
find_global(void)
{
	return lookup_newest(rtld->interp, "_rtld_global_ro");
}

/* Does libc's function of this name read the hook there, and its entry in the table? */
static bool
reads_hook(const char *name, size_t offset, size_t entry)
{
	const struct object *libc = rtld->libc;
	const Elf64_Sym *sym = lookup_newest(libc, name);
	uintptr_t code;

	if (!sym)
		return false;
	code = libc->base + sym->st_value;
	return object_bytes_left(libc, code) >= ARCH_HOOK_CODE &&
	       arch_reads_hook((const void *)code, offset, entry);
}

bool
dlfcn_hook_check(struct error *error)
{
	const Elf64_Sym *global = find_global();
	size_t offset;

	if (!global || global->st_size < FROM_THE_END ||
	    !object_holds(rtld->interp, rtld->interp->base + global->st_value, global->st_size,
			  true))
		return error_set(error, rtld->interp->path, 0, "ld.so without _rtld_global_ro");
	offset = global->st_size - FROM_THE_END;
	if (!reads_hook("dladdr", offset, offsetof(struct dlfcn_hook, dladdr)) ||
	    !reads_hook("dladdr1", offset, offsetof(struct dlfcn_hook, dladdr1)) ||
	    !reads_hook("dlclose", offset, offsetof(struct dlfcn_hook, dlclose)))
		return error_set(error, rtld->libc->path, 0,
				 "this glibc does not let another loader open for it");
	return true;
}

void
dlfcn_hook_set(void)
{
	const Elf64_Sym *global = find_global();
	uintptr_t word = rtld->interp->base + global->st_value + global->st_size - FROM_THE_END;

	*(uintptr_t *)word = (uintptr_t)stub_dlfcn_hook();
}

void *
libc_open(const char *name, int mode)
{
	struct error error = {.what = ""}; /* nobody asks */
	struct object *obj = dl_open_for(name, mode, rtld->libc, &error);

	return obj ? &obj->map : NULL;
}

void *
libc_sym(void *handle, const char *name)
{
	return dl_sym_of(handle, name, NULL);
}

void *
libc_vsym(void *handle, const char *name, const char *version)
{
	return dl_sym_of(handle, name, version);
}
