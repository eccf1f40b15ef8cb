/*
 * xipld: from the command line to the program's entry point.
 *
 * One launch: parse, find the program, tell whether it is for us (else the kernel's own exec), load
 * its closure, relocate it, and enter the C library's interpreter, which comes back to libc_ready.
 */
#include "cache/plan/ask.h"
#include "cache/plan/publish.h"
#include "cache/plan/renew.h"
#include "launch/complain.h"
#include "libc/boot.h"
#include "launch/proc_identity.h"
#include "launch/self_link.h"
#include "launch/refuse.h"
#include "image/image.h"
#include "rtld/copy_reloc.h"
#include "rtld/debug.h"
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"
#include "rtld/init.h"
#include "rtld/load.h"
#include "rtld/relocate.h"
#include "rtld/search.h"
#include "rtld/tls.h"
#include "launch/handover.h"
#include "launch/interp.h"
#include "launch/tree.h"
#include "launch/unhosted.h"
#include "launch/command_line.h"
#include "launch/program.h"
#include "launch/report.h"
#include "cache/plan/plan.h"
#include "base/filtered.h"
#include "base/heap.h"
#include "base/namespace.h"
#include "lib/trust.h"
#include "lib/worth.h"

void loader_start(uintptr_t *stack);

static bool
plan_wanted(void)
{
	return options.share == SHARE_ALL && !options.list && !options.link_only &&
	       !program_asks_for_ld_so();
}

/* ld.so.cache or a directory has changed, and gives the same answers: to be noted in the plan. */
static void
renew_inputs(const char *path)
{
	const struct plan *p = plan_current();
	const char *what;

	if (options.publish == PUBLISH_NOW)
		plan_renew(p);
	else if (options.publish == PUBLISH_ASK)
		ask_publisher(path, p->program_fd, &what);
}

/* Every page is mapped as it is to be: enter. */
static _Noreturn void
run_plan(const char *path)
{
	stats.plan = "hit";
	report_step(STEP_LOAD);
	if (plan_current()->inputs_moved)
		renew_inputs(path);
	if (options.prepare)
		report_prepared(path);
	proc_identity_take(path);
	complain_aloud();
	namespace_drop_privileges();
	libc_boot();
}

void
program_launch_plan(const char *path)
{
	if (plan_wanted() && plan_find(path, proc_identity_set_exe))
		run_plan(path);
}

static void
note_file(const char *path, const struct file_id *id)
{
	publish_input(id ? PLAN_INPUT_FILE : PLAN_INPUT_ABSENT, path, id);
}

static void
read_musl_path(void)
{
	char *buf = heap_alloc(4096);
	int fd = sys_open("/etc/ld-musl-" ARCH_MUSL ".path", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	long got = fd >= 0 ? sys_read(fd, buf, 4095) : -1;

	struct file_id id;

	note_file("/etc/ld-musl-" ARCH_MUSL ".path",
		  fd >= 0 && sys_fstat(fd, &id) == 0 ? &id : NULL);
	if (fd >= 0)
		sys_close(fd);
	if (got <= 0) {
		rtld->search.musl_path = heap_strdup("/lib:/usr/local/lib:/usr/lib");
		return;
	}
	for (long i = 0; i < got; i++)
		if (buf[i] == '\n')
			buf[i] = ':';
	while (got > 0 && buf[got - 1] == ':')
		buf[--got] = 0;
	rtld->search.musl_path = buf;
}

static void
set_search_rules(void)
{
	struct search_rules *s = &rtld->search;

	s->library_path = options.library_path
				  ? options.library_path
				  : process_args_getenv(&process_args, "LD_LIBRARY_PATH");
	s->library_path = s->library_path && *s->library_path ? heap_strdup(s->library_path) : NULL;
	s->platform = (const char *)process_args_aux(&process_args, AT_PLATFORM);
	if (rtld->libc_kind == LIBC_MUSL)
		read_musl_path();
	const char *now = process_args_getenv(&process_args, "LD_BIND_NOW");

	rtld->bind_now = now && *now;
}

/* One list of objects to preload; names are separated by spaces or colons (ld.so(8)). */
static void
preload(const char *list, const char *from)
{
	char text[1024];

	while (list && *list) {
		size_t len = 0;
		struct error error;
		char *name;
		struct object *obj;

		while (list[len] && list[len] != ' ' && list[len] != ':')
			len++;
		name = heap_strndup(list, len);
		list += len + (list[len] != 0);
		if (!len)
			continue;
		obj = load_library(name, rtld->program, OBJECT_STARTUP, NULL, &error);
		if (!obj) {
			message_format(text, sizeof(text),
				       "ERROR: ld.so: object '%s' from %s cannot be preloaded "
				       "(%s): ignored.",
				       name, from, error.what);
			complain(text, false);
		} else if (!scope_has(&rtld->startup, obj))
			scope_add(&rtld->startup, obj);
	}
}

static void
load_closure(struct error *error)
{
	rtld->program->needed_by = NULL;
	scope_add(&rtld->startup, rtld->program);
	preload(options.preload, "--preload");
	preload(process_args_getenv(&process_args, "LD_PRELOAD"), "LD_PRELOAD");
	if (!load_needed(&rtld->startup, OBJECT_STARTUP, error))
		complain_fail(error, 127);
	search_done();
	/* libc needs the interpreter; a program that needs no library at all has none to host */
	if (!scope_has(&rtld->startup, rtld->interp))
		scope_add(&rtld->startup, rtld->interp);
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		struct object *obj = rtld->startup.list[i];

		scope_add(&rtld->global, obj);
		obj->in_global = true;
		obj->scopes = heap_grow(NULL, &obj->scopes_capacity, 1, sizeof(*obj->scopes));
		obj->scopes[obj->nscopes++] = &rtld->global;
		if (obj->stack_flags & PF_X && !obj->is_interp)
			rtld->exec_stack = true;
	}
}

/* What ld.so looks at once all is loaded: versions, and what else an object asks of its
 * surroundings. */
static void
check_closure(struct error *error)
{
	const struct scope *all = &rtld->startup;
	bool versions = true;

	for (uint32_t i = 0; i < all->count; i++)
		versions &= load_check_versions(all->list[i], complain_of_version, error);
	complain_aloud();
	if (!versions)
		sys_exit(1); /* ld.so's status for this */
	for (uint32_t i = 0; i < all->count; i++)
		if (!load_check_relr(all->list[i], error))
			complain_fail(error, 127);
	for (uint32_t i = all->count; i-- > 0;)
		if (all->list[i]->lacks_instructions)
			message_die(127, "%s: CPU ISA level is lower than required\n",
				    message_name(all->list[i]));
}

static void
link_closure(struct error *error)
{
	check_closure(error);
	stubs_init();
	tls_layout_startup(rtld->libc_kind == LIBC_GLIBC ? rtld->libc->base : 0);
	for (uint32_t i = rtld->startup.count; i-- > 0;) {
		struct object *obj = rtld->startup.list[i];

		if (obj != rtld->interp && !relocate_object(obj, obj == rtld->libc, error))
			complain_fail(error, 127);
	}
	if (rtld->libc_kind == LIBC_GLIBC)
		copy_relocs_do();
	else if (!relocate_note(rtld->libc, error))
		program_fail(error, 127, rtld->program->path);
	for (uint32_t i = 0; i < rtld->startup.count; i++)
		tls_fill_image(rtld->startup.list[i], false);
	init_prepare();
	find_object_update();
	debug_chain();
	debug_set_program_entry();
}

static bool
preload_file_in_use(void)
{
	static const char path[] = "/etc/ld.so.preload";
	struct file_id id;
	bool there = sys_stat(path, &id) == 0;

	note_file(path, there ? &id : NULL);
	return there && id.size > 0;
}

/* Map the program and its interpreter; what cannot be hosted goes to the kernel. */
static void
open_hosted(struct object *program, int fd, const char *path)
{
	struct error error;

	program->is_program = true;
	program->kind = OBJECT_STARTUP;
	rtld->program_fd = fd;
	if (!load_finish(program, fd, &error)) {
		if (program->type == ET_EXEC && error.number == EEXIST)
			leave_to_kernel(path, "its fixed address is taken");
		program_fail(&error, 126, path);
	}
	rtld->program = program;
	if (!program->interp)
		leave_to_kernel(path, "statically linked program");
	if (!libc_identify(program->interp, &error))
		leave_to_kernel(path, error.what);
	if (rtld->libc_kind == LIBC_GLIBC && preload_file_in_use())
		leave_to_kernel(path, "/etc/ld.so.preload is in use");
}

/* A heap for this launch: at its place in the region if this launch publishes, else anywhere. */
static void
begin_heap(void)
{
	int err = -1;

	if (publishing() && stubs_copy_stubs(store.base + REGION_HEAP - STUB_TARGETS_DISTANCE)) {
		err = heap_init(store.base + REGION_HEAP, sizeof(struct stub_targets));
		if (err == 0)
			stubs_use_page(store.base + REGION_HEAP);
	}
	if (err < 0) {
		publish_abandon(PUBLISH_SLOT_TAKEN);
		err = heap_init(0, 0);
	}
	if (err < 0)
		message_die(126, "xipld: no memory for the loader: %s\n", sys_strerror(-err));
	/* what is written while a process starts lies in the heap's first page */
	rtld = heap_alloc_aligned(sizeof(*rtld), 16);
	rtld->boot = heap_alloc_aligned(sizeof(*rtld->boot), 16);
	rtld->cached = publishing();
	if (publishing())
		stubs_init_region(store.base + REGION_HEAP - STUB_TARGETS_DISTANCE);
	else
		stubs_init_private();
}

static void
enter_image(void)
{
	struct error error;
	int status;

	self_link_keep();
	status = image_enter(options.image, &error);

	if (status)
		program_fail(&error, status, NULL);
}

/*
 * Without a plan the kernel's own exec is the shortest way: nothing is linked here then. Not if the
 * launch is to be one of ours in any case, or if the environment would have to say what options do.
 */
static bool
may_leave(void)
{
	return !options.strict && !options.image && !options.preload && !options.library_path;
}

/* Why the program gets a plan, or what that waits for: as far as one launch can tell. */
static const char *
worth_of(int fd)
{
	struct candidate c = {.launches = 1};
	const char *reason;
	struct file_id id;

	if (sys_fstat(fd, &id) < 0)
		return "its file cannot be looked at";
	c.roots = trust_is_roots(id.uid, id.mode);
	c.age = sys_time() - id.ctime_sec;
	worth_a_plan(&c, &reason);
	return reason;
}

/* No plan, and this launch is not to publish one. */
static void
go_without_plan(int fd, const char *path)
{
	const char *what = "nothing is asked (--publish=never)";
	const bool asks = options.publish == PUBLISH_ASK;

	if (asks && ask_publisher(path, fd, &what))
		stats.plan = "asked";
	if (options.verbose)
		message_print(2, "xipld: %s: no plan: %s%s%s\n", path, what, asks ? "; " : "",
			      asks ? worth_of(fd) : "");
	if (!may_leave())
		return;
	report_left();
	leave_to_kernel(path, "it has no plan");
}

static const char filtered[] = "its system calls are filtered (seccomp)";

static const char *running; /* what goes to the kernel if memory does not suffice */

static void
leave_for_memory(void)
{
	leave_to_kernel(running, "not enough memory to load it");
}

/* Link the program here. A call of its own, as its stack is more than a page. */
static _Noreturn __attribute__((noinline)) void
link_file(int fd, const char *path)
{
	struct object *program;
	struct error error;
	const char *why;

	if (launch_is_filtered())
		leave_to_kernel(path, filtered);
	if (plan_wanted() && options.publish == PUBLISH_NOW && publish_start() &&
	    plan_launch(&store, path, proc_identity_set_exe)) {
		/* another launch published between our look and our lock */
		publish_abandon(PUBLISH_MEANWHILE);
		sys_close(fd);
		run_plan(path);
	}
	running = path;
	heap_exhausted = leave_for_memory;
	begin_heap();
	program = heap_alloc(sizeof(*program));
	program_examine(program, fd, path);
	open_hosted(program, fd, path);
	set_search_rules();
	report_step(STEP_FIND);
	load_closure(&error);
	report_step(STEP_LOAD);
	if (options.list)
		report_list();
	why = refuse_closure(&rtld->startup);
	if (why)
		leave_to_kernel(path, why);
	if (!libc_check(&error))
		leave_to_kernel(path, error.what);
	if (options.prepare && !(store_trusts(&rtld->libc->id) && store_trusts(&rtld->interp->id)))
		leave_to_kernel(path,
				"its C library is another user's: to prepare it would run that");
	if (unhosted_reason())
		leave_to_kernel(path, unhosted_reason());
	rtld->must_be_named = refuse_unless_named(program);
	proc_identity_foresee(path);
	link_closure(&error);
	if (publishing())
		publish_reserve();
	libc_prepare();
	report_step(STEP_RELOCATE);
	if (options.link_only) {
		report_stats();
		sys_exit(0);
	}
	if (publishing())
		publish_begin();
	proc_identity_take(path);
	namespace_drop_privileges();
	heap_exhausted = NULL;
	libc_boot();
}

_Noreturn void
program_launch_file(int fd, const char *path)
{
	if (plan_wanted() && options.publish != PUBLISH_NOW)
		go_without_plan(fd, path);
	link_file(fd, path);
}

/* Would this file give its caller privileges? Then nothing that the caller says may be obeyed. */
static bool
gives_privileges(void)
{
	static const char self[] = "/proc/self/exe";
	struct file_id id;
	char value[64];

	return sys_stat(self, &id) < 0 || (id.mode & MODE_SETUID) || mode_is_setgid(id.mode) ||
	       sys_call(__NR_getxattr, (long)self, (long)"security.capability", (long)value,
			sizeof(value), 0, 0) > 0;
}

/* Why no program can be run here at all, whatever it is; NULL: nothing speaks against it. */
static const char *
why_not_here(void)
{
	/* to be said of any program; else it is asked once it matters */
	if (options.verbose && launch_is_filtered())
		return filtered;
	if (!process_args_aux(&process_args, AT_SECURE))
		return NULL;
	if (gives_privileges())
		message_die(126, "xipld: refuses to run with privileges that its caller has not "
				 "(AT_SECURE)\n");
	return "the process has other privileges than its user (AT_SECURE)";
}

/* The kernel runs the program: the loader is its interpreter, and that of all it starts. */
static _Noreturn void
run_tree(const char *name)
{
	struct error error;

	if (!launch_is_filtered() && !tree_enter(&error))
		program_fail(&error, 126, NULL);
	if (options.argv0)
		process_args.argv[0] = (char *)options.argv0;
	leave_unseen(name, "the loader is its interpreter");
}

void
loader_start(uintptr_t *stack)
{
	const char *why, *name;
	int program;

	process_args_parse(&process_args, stack);
	process_execfn = (const char *)process_args_aux(&process_args, AT_EXECFN);
	page_size = process_args_aux(&process_args, AT_PAGESZ);
	arch_begin(process_args.auxv);
	if (interp_is_wanted(&process_args))
		interp_run();
	program = options_parse(process_args.argc, process_args.argv);
	stats.plan = "none";
	report_begin();
	name = process_args.argv[program];
	process_args_drop(&process_args, program);
	why = why_not_here();
	if (why) {
		if (options.argv0)
			process_args.argv[0] = (char *)options.argv0;
		leave_unseen(name, why);
	}
	options_read_environment();
	if (options.tree)
		run_tree(name);
	if (options.image)
		enter_image();
	program_run(name);
}
