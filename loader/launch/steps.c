/* What a launch does while the C library boots (libc/boot_hooks.def). */
#include "cache/plan/plan.h"
#include "cache/plan/publish.h"
#include "cache/warm/prefault.h"
#include "launch/report.h"
#include "libc/boot_hooks.h"

#define HOOK(name) void launch_##name(void) __attribute__((used));
#include "libc/boot_hooks.def"
#undef HOOK

__asm__(PLUG_BEGIN(boot_hooks)
#define HOOK(name) PLUG_WORD(launch_##name)
#include "libc/boot_hooks.def"
#undef HOOK
		PLUG_END);

void
launch_resolved(void)
{
	if (publishing())
		publish_finish();
	if (options.prepare)
		report_prepared(rtld->program->path);
}

void
launch_relocated(void)
{
	report_stats();
}

void
launch_before_constructors(void)
{
	prefault_begin(plan_current());
}

void
launch_after_constructors(void)
{
	prefault_learn(plan_current());
}
