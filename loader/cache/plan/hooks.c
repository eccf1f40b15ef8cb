/* What the cache does when the linker tells or asks it something (rtld/hooks.def). */
#include "rtld/hooks.h"
#include "cache/plan/dlopen_plan.h"
#include "cache/plan/plan.h"
#include "cache/plan/publish.h"
#include "cache/warm/dlsym_cache.h"
#include "lib/ld_cache.h"
#include "lib/message.h"

#define PATH_SIZE 4096

#define HOOK(name, type, without, parameters, arguments) \
	type cache_##name parameters __attribute__((used));
#define HOOK_VOID(name, parameters, arguments) void cache_##name parameters __attribute__((used));
#include "rtld/hooks.def"
#undef HOOK
#undef HOOK_VOID

__asm__(PLUG_BEGIN(rtld_hooks)
#define HOOK(name, type, without, parameters, arguments) PLUG_WORD(cache_##name)
#define HOOK_VOID(name, parameters, arguments) PLUG_WORD(cache_##name)
#include "rtld/hooks.def"
#undef HOOK
#undef HOOK_VOID
		PLUG_END);

uintptr_t
cache_choose_address(struct object *obj, int *fd)
{
	if (rtld->started)
		return dlopen_plan_slot(obj, fd);
	return publishing() ? publish_slot(obj, fd) : 0;
}

/* The plan is good where the same is found at this path, or nothing again. */
static void
note(enum plan_input_kind kind, const char *path)
{
	struct file_id id;
	bool there;

	if (!publishing())
		return;
	there = sys_stat(path, &id) == 0;
	publish_input(there ? kind : PLAN_INPUT_ABSENT, path, there ? &id : NULL);
}

void
cache_note_path(const char *path)
{
	note(PLAN_INPUT_FILE, path);
}

void
cache_note_searched(const char *directory)
{
	note(PLAN_INPUT_DIRECTORY, directory);
}

void
cache_note_tried(const char *directory, const char *name)
{
	char path[PATH_SIZE], target[1];
	struct file_id id;

	if (!publishing())
		return;
	publish_tried(directory, name);
	message_format(path, sizeof(path), "%s/%s", directory, name);
	/* a link that leads nowhere may come to lead somewhere, and the directory does not change;
	 * nor does it any more for what has come since it was tried */
	if (sys_readlink(path, target, sizeof(target)) >= 0 || sys_stat(path, &id) == 0)
		publish_input(PLAN_INPUT_ABSENT, path, NULL);
}

void
cache_note_ld_cache(const struct file_id *id)
{
	publish_input(PLAN_INPUT_LD_CACHE, LD_CACHE_FILE, id);
}

void
cache_note_lookup(const char *name, const char *path)
{
	publish_lookup(name, path ? path : "");
}

void
cache_note_program(const char *path)
{
	publish_input(PLAN_INPUT_PROGRAM, path, NULL);
}

void
cache_note_cwd(const char *path)
{
	publish_input(PLAN_INPUT_CWD, path, NULL);
}

bool
cache_keeps_heap(void)
{
	return publishing();
}

bool
cache_trusts(const struct file_id *id)
{
	return store_trusts(id);
}

void
cache_dlopen_begin(void)
{
	dlopen_plan_begin();
}

enum dlopen_linked
cache_dlopen_link(const struct object *root, uint32_t first, int mode, struct error *error)
{
	return dlopen_plan_take(root, first, mode, error);
}

void
cache_dlopen_relocated(const struct object *root, uint32_t first, int mode)
{
	dlopen_plan_publish(root, first, mode);
}

void
cache_dlopen_end(void)
{
	dlopen_plan_end();
}

bool
cache_symbol_cached(enum dlsym_kind how, const struct object *root, const char *name,
		    struct symdef *def)
{
	return dlsym_cache_find(plan_current(), how, root, name, def);
}

void
cache_symbol_found(enum dlsym_kind how, const struct object *root, const char *name,
		   const struct symdef *def)
{
	dlsym_cache_add(plan_current(), how, root, name, def);
}
