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
	struct wanted want;

	lookup_want(&want, name);
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

const char *
refuse_closure(const struct scope *closure)
{
	for (uint32_t i = 0; i < closure->count; i++)
		if (closure->list[i] != world->interp && owns_addresses(closure->list[i]))
			return "built with a sanitizer that owns the region's addresses";
	for (size_t i = 0; i < sizeof(profilers) / sizeof(profilers[0]); i++)
		if (any_imports(closure, profilers[i]))
			return "built for profiling (gprof)";
	return NULL;
}
