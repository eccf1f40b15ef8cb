#include "launch/proc_identity.h"
#include "launch/handover.h"
#include "rtld/proc_exe.h"
#include "launch/heap_start.h"
#include "libc/boot.h"
#include "launch/self_link.h"
#include "base/file_policy.h"
#include "rtld/stubs.h"
#include "cache/plan/plan.h"
#include "base/heap.h"

#include <linux/prctl.h>

#define PATH_SIZE 4096

static uintptr_t
last_string_end(char **strings, uintptr_t none)
{
	uintptr_t end = none;

	for (; *strings; strings++)
		end = (uintptr_t)*strings + strlen(*strings) + 1;
	return end;
}

/* Where the program's code and data lie, for the fields of /proc/PID/stat. */
static void
describe_segments(struct prctl_mm_map *map, const Elf64_Phdr *phdr, uint32_t phnum, uintptr_t base)
{
	for (uint32_t i = 0; i < phnum; i++) {
		const Elf64_Phdr *p = &phdr[i];
		uintptr_t at = base + p->p_vaddr;

		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_flags & PF_X || !map->end_code) {
			map->start_code = at;
			map->end_code = at + p->p_filesz;
		}
		map->start_data = at;
		map->end_data = at + p->p_filesz;
	}
}

#define AUXV_MOST 64 /* the kernel keeps less */

/* The auxiliary vector as the program sees it: /proc/PID/auxv is where debuggers look. */
static void
describe_auxv(struct prctl_mm_map *map, const struct rtld *w, Elf64_auxv_t copy[AUXV_MOST])
{
	const struct process_args *s = &process_args;
	struct process_args shown = {.auxv = copy};

	if (s->nauxv > AUXV_MOST)
		return;
	memcpy(copy, s->auxv, s->nauxv * sizeof(*copy));
	process_args_set_aux(&shown, AT_PHDR, w->program->phdr_at);
	process_args_set_aux(&shown, AT_PHNUM, w->program->phnum);
	process_args_set_aux(&shown, AT_ENTRY, w->program->entry);
	process_args_set_aux(&shown, AT_BASE, w->interp->base);
	map->auxv = (__u64 *)copy;
	map->auxv_size = (uint32_t)(s->nauxv * sizeof(*copy));
}

static void
describe_strings(struct prctl_mm_map *map)
{
	const struct process_args *s = &process_args;

	map->start_stack = (uintptr_t)s->stack;
	map->arg_start = s->argc ? (uintptr_t)s->argv[0] : map->start_stack;
	map->arg_end = last_string_end(s->argv, map->arg_start);
	map->env_start = s->envp[0] ? (uintptr_t)s->envp[0] : map->arg_end;
	map->env_end = last_string_end(s->envp, map->env_start);
}

/* Tell the kernel of a linked program; with `fd`, if that is not -1, for the executable. */
static bool
tell(const struct rtld *w, int fd)
{
	Elf64_auxv_t auxv[AUXV_MOST];
	struct prctl_mm_map map = {.exe_fd = (uint32_t)fd};

	describe_segments(&map, w->program->phdr, w->program->phnum, w->program->base);
	describe_auxv(&map, w, auxv);
	describe_strings(&map);
	map.start_brk = map.brk = (uintptr_t)sys_call(__NR_brk, 0, 0, 0, 0, 0, 0);
	if (!options.interp) /* else the kernel has put it where the program wants it */
		map.start_brk = map.brk = heap_start(w->program, map.brk);
	return sys_call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&map, sizeof(map), 0, 0) == 0;
}

void
proc_identity_note_vector(const Elf64_Phdr *phdr, uint32_t phnum, uintptr_t base)
{
	struct prctl_mm_map map = {.exe_fd = UINT32_MAX};

	describe_segments(&map, phdr, phnum, base);
	describe_strings(&map);
	map.start_brk = map.brk = (uintptr_t)sys_call(__NR_brk, 0, 0, 0, 0, 0, 0);
	map.auxv = (__u64 *)process_args.auxv;
	map.auxv_size = (uint32_t)(process_args.nauxv * sizeof(*process_args.auxv));
	sys_call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&map, sizeof(map), 0, 0);
}

void
proc_identity_keep(void)
{
	tell(rtld, -1);
	stubs_self_is_known();
	plan_close_files();
	rtld->program_fd = -1;
}

/* Only the privileged may change the executable, and only once the old one is mapped no more. */
static bool
may_name(void)
{
	return (process_args_aux(&process_args, AT_EUID) == 0 || file_policy_in_image) &&
	       self_link_leave_executable();
}

static void
leave(const char *path)
{
	leave_to_kernel(path, "it asks the kernel for /proc/self/exe, which only root can set");
}

void
proc_identity_foresee(const char *path)
{
	if (rtld->must_be_named && process_args_aux(&process_args, AT_EUID) != 0 &&
	    !file_policy_in_image && !options.link_only)
		leave(path);
}

static bool named; /* the kernel has the program for this process's executable */

void
proc_identity_set_exe(const struct rtld *w, int fd)
{
	named = may_name() && tell(w, fd);
}

void
proc_identity_take(const char *path)
{
	const struct process_args *s = &process_args;

	named &= rtld->prelinked; /* else it was by a plan that turned out stale */
	if (!named)
		named = may_name() && tell(rtld, rtld->program_fd);
	if (!named && rtld->must_be_named && !file_policy_in_image)
		leave(path);
	if (!named)
		tell(rtld, -1);
	if (named)
		stubs_self_is_known();
	else
		proc_exe_path(); /* while the descriptor still tells */
	if (rtld->prelinked)
		plan_close_files();
	else
		sys_close(rtld->program_fd);
	rtld->program_fd = -1;
	sys_call(__NR_prctl, PR_SET_NAME,
		 (long)base_name((const char *)process_args_aux(s, AT_EXECFN)), 0, 0, 0, 0);
}
