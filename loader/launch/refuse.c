#include "launch/refuse.h"

/*
 * Sanitizers whose shadow has a fixed place, which the region may lie in. The runtime is in the
 * program or a library of its own, and defines these. AddressSanitizer's shadow is elsewhere.
 */
static const char owners[][16] = {"__tsan_init",   "__msan_init", "__dfsan_arg_tls",
				  "__hwasan_init", "__nsan_init", "__tysan_init"};

/* gprof: libc writes addresses to gmon.out relative to what ld.so takes for the program. */
static const char profilers[][16] = {"__monstartup", "monstartup"};

static bool
defines(const struct object *obj, const char *name)
{
	struct symbol_query want;

	symbol_query_init(&want, name);
	want.newest = true;
	return lookup_in_object(obj, &want) != NULL;
}

static bool
owns_addresses(const struct object *obj)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (defines(obj, owners[i]))
			return true;
	/* GCC's -static-libtsan shows only what it intercepts, and nobody else intercepts both */
	return defines(obj, "__tls_get_addr") && defines(obj, "_setjmp");
}

static bool
any_imports(const struct scope *closure, const char *name)
{
	for (uint32_t i = 0; i < closure->count; i++)
		if (lookup_imports(closure->list[i], name))
			return true;
	return false;
}

/* What libc reads a link with: asked for /proc/self/exe, these say the program (rtld/proc_exe.h).
 */
static const char link_readers[][24] = {
	"readlink",	  "__readlink_chk",	   "readlinkat", "__readlinkat_chk", "realpath",
	"__realpath_chk", "canonicalize_file_name"};

/* Do these bytes stand in a segment that is at least so readable or executable? */
static bool
holds(const struct object *obj, uint32_t flags, const char *bytes, size_t size)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		const char *at = (const char *)(obj->base + p->p_vaddr), *end = at + p->p_filesz;

		if (p->p_type != PT_LOAD || (p->p_flags & flags) != flags || p->p_filesz < size)
			continue;
		end -= size - 1;
		while ((at = memchr(at, bytes[0], (size_t)(end - at))) &&
		       memcmp(at, bytes, size) != 0)
			at++;
		if (at)
			return true;
	}
	return false;
}

bool
refuse_unless_named(const struct object *program)
{
	static const char link[] = "/proc/self/exe", call[] = ARCH_SYSTEM_CALL;

	for (size_t i = 0; i < sizeof(link_readers) / sizeof(link_readers[0]); i++)
		if (lookup_imports(program, link_readers[i]))
			return false;
	return holds(program, PF_R, link, sizeof(link) - 1) &&
	       (lookup_imports(program, "syscall") ||
		holds(program, PF_R | PF_X, call, sizeof(call) - 1));
}

const char *
refuse_closure(const struct scope *closure)
{
	for (uint32_t i = 0; i < closure->count; i++)
		if (closure->list[i] != rtld->interp && owns_addresses(closure->list[i]))
			return "built with a sanitizer that owns the region's addresses";
	for (size_t i = 0; i < sizeof(profilers) / sizeof(profilers[0]); i++)
		if (any_imports(closure, profilers[i]))
			return "built for profiling (gprof)";
	return NULL;
}
