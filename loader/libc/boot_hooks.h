/* Where a launch goes on while the C library boots (boot_hooks.def). */
#ifndef XIPLD_BOOT_HOOKS_H
#define XIPLD_BOOT_HOOKS_H

#include "base/plug.h"

PLUG_TABLE(boot_hooks);

enum boot_hook {
#define HOOK(name) BOOT_HOOK_##name,
#include "libc/boot_hooks.def"
#undef HOOK
};

#define HOOK(name)                                                     \
	static inline void boot_hook_##name(void)                      \
	{                                                              \
		plug_function(__start_boot_hooks, BOOT_HOOK_##name)(); \
	}
#include "libc/boot_hooks.def"
#undef HOOK

#endif
