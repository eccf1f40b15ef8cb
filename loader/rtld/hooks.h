/*
 * What the linker tells a cache and asks it (hooks.def). `--private` is no cache: rtld->cached is
 * false, and nothing is called.
 */
#ifndef XIPLD_RTLD_HOOKS_H
#define XIPLD_RTLD_HOOKS_H

#include "base/plug.h"
#include "lib/store_format.h"
#include "rtld/rtld.h"

enum dlopen_linked { DLOPEN_RELOCATE, DLOPEN_LINKED, DLOPEN_FAILED };

PLUG_TABLE(rtld_hooks);

enum rtld_hook {
#define HOOK(name, type, without, parameters, arguments) HOOK_##name,
#define HOOK_VOID(name, parameters, arguments) HOOK_##name,
#include "rtld/hooks.def"
#undef HOOK
#undef HOOK_VOID
};

#define HOOK(name, type, without, parameters, arguments)                          \
	static inline type hook_##name parameters                                 \
	{                                                                         \
		if (!rtld->cached)                                                \
			return without;                                           \
		return ((type(*) parameters)plug_function(__start_rtld_hooks,     \
							  HOOK_##name))arguments; \
	}
#define HOOK_VOID(name, parameters, arguments)                                               \
	static inline void hook_##name parameters                                            \
	{                                                                                    \
		if (rtld->cached)                                                            \
			((void(*) parameters)plug_function(__start_rtld_hooks, HOOK_##name)) \
				arguments;                                                   \
	}
#include "rtld/hooks.def"
#undef HOOK
#undef HOOK_VOID

#endif
