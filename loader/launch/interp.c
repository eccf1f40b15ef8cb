#include "launch/interp.h"
#include "base/process_args.h"
#include "cache/plan/ask.h"
#include "cache/plan/plan.h"
#include "cache/store/publisher.h"
#include "launch/complain.h"
#include "launch/jump.h"
#include "launch/proc_identity.h"
#include "launch/program.h"
#include "libc/boot.h"

#define PATH_SIZE 4096
#define OFF_FILE "/etc/xipld/off"

static struct kernel_program program;

/* AT_BASE is where the kernel has put the interpreter; a command has none. */
SYS_HOT bool
interp_is_wanted(const struct process_args *args)
{
	const char *execfn = (const char *)process_args_aux(args, AT_EXECFN);

	if (process_args_aux(args, AT_BASE))
		return true;
	return execfn && starts_with(base_name(execfn), "ld-");
}

/* ld.so(8): what asks for more than running the program, and how we are switched off. */
static bool
is_left_to_ld_so(void)
{
	const char *off = process_args_getenv(&process_args, "XIPLD");
	struct file_id id;

	return (off && streq(off, "off")) || program_asks_for_ld_so() ||
	       sys_stat(OFF_FILE, &id) == 0;
}

/* A program at a fixed address has to leave it before its plan can be mapped. */
static bool
is_fixed(void)
{
	return program.bias == 0;
}

static bool
is_known(void)
{
	return program.phdr && program.interp && program.phnum <= PROGRAM_PHDRS;
}

static bool has_left; /* the program's first place */

/* The plan is good, its executable open, and nothing of it is mapped. */
static void
make_place(const struct rtld *w, int program_fd)
{
	(void)w;
	(void)program_fd;
	if (is_fixed() && !has_left)
		kernel_program_unmap(&program);
	has_left = is_fixed();
}

static _Noreturn void
run_plan(void)
{
	stats.plan = "hit";
	if (!has_left)
		kernel_program_unmap(&program);
	proc_identity_keep();
	complain_aloud();
	libc_boot();
}

/* The next launch may have one. Where nobody listens this is a look at one or two paths. */
static void
ask_for_plan(const char *path)
{
	const char *what;
	int fd = publisher_may_listen() ? sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	ask_publisher(path, fd, &what);
	sys_close(fd);
}

_Noreturn void
interp_run(void)
{
	char path[PATH_SIZE];
	long len;

	options.interp = true;
	options.publish = PUBLISH_ASK;
	if (!process_args_aux(&process_args, AT_BASE))
		jump_to_command((const char *)process_args_aux(&process_args, AT_EXECFN));
	kernel_program_find(&program);
	/* privileges first: nothing of the caller's, and no store, is looked at then */
	if (process_args_aux(&process_args, AT_SECURE) || !is_known() || is_left_to_ld_so() ||
	    !sys_is_left_alone()) /* who traces or filters is to see the stock ld.so */
		jump_to_interp(&program);
	len = sys_readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len > 0) {
		path[len] = 0;
		if (plan_find(path, make_place))
			run_plan();
	}
	store_leave(&store);
	if (len > 0)
		ask_for_plan(path);
	if (has_left && !kernel_program_map(&program))
		message_die(127, "xipld: %s: cannot be mapped again\n", path);
	jump_to_interp(&program);
}
