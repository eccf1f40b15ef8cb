/*
 * xipld: from the command line to the program's entry point.
 *
 * One launch: parse, find the program, tell whether it is for us (else the kernel's own exec), load
 * its closure, relocate it, and enter the C library's interpreter, which comes back to host_ready.
 */
#include "host/host.h"
#include "host/identity.h"
#include "image/image.h"
#include "link/debug.h"
#include "link/dlfcn.h"
#include "link/exports.h"
#include "link/init.h"
#include "link/load.h"
#include "link/relocate.h"
#include "link/search.h"
#include "link/tls.h"
#include "options.h"
#include "report.h"
#include "store/plan.h"
#include "sys/heap.h"

#define PATH_SIZE 4096
#define HOT_BYTES 4096 /* variables that every launch writes to */
#define SHORT_PATH 256
#define SCRIPT_DEPTH 4 /* as the kernel: interpreters of interpreters */

struct world *world;

void loader_start(uintptr_t *stack);

/* Give the program to the kernel, or with --strict refuse it. Does not come back. */
static _Noreturn void
leave_to_kernel(const char *path, const char *why)
{
	struct start *s = &process_start;
	long ret;

	if (launch.strict)
		message_die(126, "xipld: %s: %s (--strict)\n", path, why);
	if (launch.list || launch.prepare || launch.bindings)
		message_die(126, "xipld: %s: %s\n", path, why);
	if (launch.verbose)
		message_print(2, "xipld: %s: left to the kernel: %s\n", path, why);
	ret = sys_call(__NR_execve, (long)path, (long)s->argv, (long)s->envp, 0, 0, 0);
	message_die(ret == -2 ? 127 : 126, "xipld: %s: cannot be run: %s (execve)\n", path,
		    sys_strerror((int)-ret) ? sys_strerror((int)-ret) : "error");
}

static _Noreturn void
die_of(const struct fault *fault, int status)
{
	const char *reason = fault->error ? sys_strerror(fault->error) : NULL;

	message_die(status, "xipld: %s: %s%s%s\n", fault->file, fault->what, reason ? ": " : "",
		    reason ? reason : "");
}

/* A variable that asks ld.so for something that only ld.so does. */
static const char *
asks_for_ld_so(void)
{
	static const char names[][24] = {"LD_AUDIT", "LD_DEBUG", "LD_TRACE_LOADED_OBJECTS",
					 "LD_PROFILE", "LD_SHOW_AUXV"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = start_getenv(&process_start, names[i]);

		if (value && *value)
			return names[i];
	}
	return NULL;
}

/* Take the first line of a script apart: "#!interpreter [argument]". Returns false if there is
 * none. */
static bool
read_shebang(char *line, size_t len, char **interp, char **argument)
{
	char *p = line + 2, *end;

	if (len < 4 || line[0] != '#' || line[1] != '!')
		return false;
	end = memchr(line, '\n', len);
	if (!end)
		end = line + len;
	*end = 0;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = 0;
	while (*p == ' ' || *p == '\t')
		p++;
	*interp = p;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	*argument = NULL;
	if (*p) {
		*p++ = 0;
		while (*p == ' ' || *p == '\t')
			p++;
		*argument = *p ? p : NULL;
	}
	return **interp != 0;
}

/*
 * argv becomes: interpreter [argument] script arguments… (execve(2)). The strings stay in `line`
 * and `script`, which are the caller's for good.
 */
static void
make_script_arguments(char *interp, char *argument, char *script)
{
	struct start *s = &process_start;
	int extra = argument ? 2 : 1;

	start_insert_arguments(s, extra);
	s->argv[0] = interp;
	if (argument)
		s->argv[1] = argument;
	s->argv[extra] = script;
}

static bool
has_capabilities(int fd)
{
	char value[64];

	return sys_call(__NR_fgetxattr, fd, (long)"security.capability", (long)value, sizeof(value),
			0, 0) > 0;
}

/* Why the kernel must run this file itself, or NULL. */
static const char *
why_not_ours(const struct object *obj, int fd)
{
	bool interp = false, dynamic = false;

	if (obj->id.mode & 04000)
		return "set-user-ID program";
	if ((obj->id.mode & 02010) == 02010)
		return "set-group-ID program";
	for (uint32_t i = 0; i < obj->phnum; i++) {
		interp |= obj->phdr[i].p_type == PT_INTERP;
		dynamic |= obj->phdr[i].p_type == PT_DYNAMIC;
	}
	if (!interp || !dynamic)
		return "statically linked program";
	if (has_capabilities(fd))
		return "program with file capabilities";
	if (asks_for_ld_so())
		return "the environment asks ld.so for an audit, a trace or a profile";
	return NULL;
}

/* The kernel would run it, but we cannot: a class, a CPU or an ABI of its own. */
static bool
is_foreign(const struct fault *fault)
{
	return starts_with(fault->what, "wrong ELF class") ||
	       starts_with(fault->what, "made for another") ||
	       starts_with(fault->what, "not a little-endian") ||
	       starts_with(fault->what, "ELF file OS ABI");
}

static bool
may_run(const char *path)
{
	return sys_call(__NR_faccessat, SYS_AT_FDCWD, (long)path, 1 /* X_OK */, 0, 0, 0) == 0;
}

static bool
plan_wanted(void)
{
	return launch.share == SHARE_ALL && !launch.list && !launch.link_only && !asks_for_ld_so();
}

/* A launch uses one store: the first that has a good plan, or else the first that can be written.
 */
static bool
find_plan(const char *path)
{
	for (int n = 0; store_choose(&store, n); n++)
		if (plan_launch(&store, path))
			return true;
	return false;
}

/* Every page is mapped as it is to be: enter. */
static _Noreturn void
run_plan(const char *path)
{
	start_set_aux(&process_start, AT_EXECFN, (uintptr_t)path);
	if (launch.argv0)
		process_start.argv[0] = (char *)launch.argv0;
	launch.plan = "hit";
	report_step(STEP_LOAD);
	if (launch.prepare)
		report_prepared(path);
	identity_take();
	image_drop_privileges();
	host_boot();
}

/* Find the program in PATH and open it; ends the process if there is none. */
static int
find_program(const char *name, char *path, size_t size)
{
	int error = search_program(name, start_getenv(&process_start, "PATH"), path, size);
	int fd;

	if (!error && plan_wanted() && find_plan(path))
		run_plan(path);
	fd = error ? -error : sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd == -13 && !error && may_run(path))
		leave_to_kernel(path, "program that may be run but not read");
	if (fd < 0)
		message_die(fd == -2 || fd == -20 ? 127 : 126, "xipld: %s: cannot open: %s\n", name,
			    sys_strerror(-fd) ? sys_strerror(-fd) : "error");
	return fd;
}

/* Where the program's path goes: if it surely is a short one, among what every launch writes. */
static char *
room_for_path(const char *name, char *large, size_t *size)
{
	static char small[SHORT_PATH];
	const char *list = start_getenv(&process_start, "PATH");
	size_t most = strlen(name) + 32; /* with the directories that stand for no PATH */

	if (!strchr(name, '/') && list)
		most += strlen(list);
	*size = most <= sizeof(small) ? sizeof(small) : PATH_SIZE;
	return most <= sizeof(small) ? small : large;
}

/* Open PROGRAM, following scripts to their interpreters. Returns its descriptor and *path. */
static int
open_program(const char *name, char **path)
{
	static struct {
		char paths[SCRIPT_DEPTH + 1][PATH_SIZE];
		char lines[SCRIPT_DEPTH + 1][256 + 1];
	} script SYS_COLD;

	for (int depth = 0;; depth++) {
		char *interp, *argument, *line = script.lines[depth], *to = script.paths[depth];
		size_t size = sizeof(script.paths[0]);
		long got;
		int fd;

		if (depth == 0)
			to = room_for_path(name, to, &size);
		fd = find_program(name, to, size);
		got = sys_pread(fd, line, sizeof(script.lines[0]) - 1, 0);
		*path = to;
		if (got <= 2 || line[0] != '#' || line[1] != '!')
			return fd;
		if (!may_run(*path))
			message_die(126, "xipld: %s: not runnable: Permission denied\n", *path);
		line[got] = 0;
		if (depth == SCRIPT_DEPTH || !read_shebang(line, (size_t)got, &interp, &argument))
			message_die(126, "xipld: %s: no usable interpreter (first line)\n", *path);
		sys_close(fd);
		if (launch.verbose)
			message_print(2, "xipld: %s: script, run by %s\n", *path, interp);
		make_script_arguments(interp, argument, *path);
		name = interp;
	}
}

/* Is this file a program for us? Otherwise the kernel's, or an error. Fills program's headers. */
static void
examine_program(struct object *program, int fd, const char *path)
{
	struct fault fault;
	const char *why;
	bool plain;

	program->path = heap_strdup(path);
	plain = object_read_headers(program, fd, path, &fault);
	/* a file that everybody may run needs no question */
	if ((program->id.mode & 0111) != 0111 && !may_run(path))
		message_die(126, "xipld: %s: not runnable: Permission denied\n", path);
	if (!plain && is_foreign(&fault))
		leave_to_kernel(path, fault.what);
	if (!plain)
		die_of(&fault, 126);
	why = why_not_ours(program, fd);
	if (why)
		leave_to_kernel(path, why);
}

static void
read_musl_path(void)
{
	char *buf = heap_alloc(4096);
	int fd = sys_open("/etc/ld-musl-" ARCH_MUSL ".path", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	long got = fd >= 0 ? sys_read(fd, buf, 4095) : -1;

	struct file_id id;

	publish_input("/etc/ld-musl-" ARCH_MUSL ".path",
		      fd >= 0 && sys_fstat(fd, &id) == 0 ? &id : NULL);
	if (fd >= 0)
		sys_close(fd);
	if (got <= 0) {
		world->search.musl_path = heap_strdup("/lib:/usr/local/lib:/usr/lib");
		return;
	}
	for (long i = 0; i < got; i++)
		if (buf[i] == '\n')
			buf[i] = ':';
	while (got > 0 && buf[got - 1] == ':')
		buf[--got] = 0;
	world->search.musl_path = buf;
}

static void
set_search_rules(void)
{
	struct search_rules *s = &world->search;

	s->library_path = launch.library_path ? launch.library_path
					      : start_getenv(&process_start, "LD_LIBRARY_PATH");
	s->library_path = s->library_path && *s->library_path ? heap_strdup(s->library_path) : NULL;
	s->platform = (const char *)start_aux(&process_start, AT_PLATFORM);
	if (world->host == HOST_MUSL)
		read_musl_path();
	const char *now = start_getenv(&process_start, "LD_BIND_NOW");

	world->bind_now = now && *now;
}

/* One list of objects to preload; names are separated by spaces or colons (ld.so(8)). */
static void
preload(const char *list)
{
	while (list && *list) {
		size_t len = 0;
		struct fault fault;
		char *name;
		struct object *obj;

		while (list[len] && list[len] != ' ' && list[len] != ':')
			len++;
		name = heap_strndup(list, len);
		list += len + (list[len] != 0);
		if (!len)
			continue;
		obj = load_library(name, world->program, OBJECT_STARTUP, NULL, &fault);
		if (!obj)
			message_print(2, "xipld: %s: cannot be preloaded: %s (ignored)\n", name,
				      fault.what);
		else if (!scope_has(&world->startup, obj))
			scope_add(&world->startup, obj);
	}
}

static void
load_closure(struct fault *fault)
{
	world->program->loader = NULL;
	scope_add(&world->startup, world->program);
	preload(launch.preload);
	preload(start_getenv(&process_start, "LD_PRELOAD"));
	if (!load_needed(&world->startup, OBJECT_STARTUP, fault))
		die_of(fault, 127);
	search_done();
	/* libc needs the interpreter; a program that needs no library at all has none to host */
	if (!scope_has(&world->startup, world->interp))
		scope_add(&world->startup, world->interp);
	for (uint32_t i = 0; i < world->startup.count; i++) {
		struct object *obj = world->startup.list[i];

		scope_add(&world->global, obj);
		obj->in_global = true;
		obj->scopes = heap_grow(NULL, &obj->scopes_capacity, 1, sizeof(*obj->scopes));
		obj->scopes[obj->nscopes++] = &world->global;
		if (obj->stack_flags & PF_X && !obj->is_interp)
			world->exec_stack = true;
	}
}

static void
link_closure(struct fault *fault)
{
	for (uint32_t i = 0; i < world->startup.count; i++)
		if (!load_check_versions(world->startup.list[i], fault))
			die_of(fault, 1); /* ld.so's status for this */
	exports_init();
	tls_layout_startup(world->host == HOST_GLIBC ? world->libc->base : 0);
	for (uint32_t i = world->startup.count; i-- > 0;) {
		struct object *obj = world->startup.list[i];

		if (obj != world->interp && !relocate_object(obj, obj == world->libc, fault))
			die_of(fault, 127);
	}
	if (world->host == HOST_GLIBC)
		relocate_copies();
	else if (!relocate_note(world->libc, fault))
		die_of(fault, 127);
	for (uint32_t i = 0; i < world->startup.count; i++)
		tls_fill_image(world->startup.list[i], false);
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

	publish_input(path, there ? &id : NULL);
	return there && id.size > 0;
}

/* Map the program and its interpreter; what cannot be hosted goes to the kernel. */
static void
open_hosted(struct object *program, int fd, const char *path)
{
	struct fault fault;

	program->is_program = true;
	program->kind = OBJECT_STARTUP;
	world->program_fd = fd;
	if (!load_finish(program, fd, &fault)) {
		if (program->type == ET_EXEC && fault.error == 17)
			leave_to_kernel(path, "its fixed address is taken");
		die_of(&fault, 126);
	}
	world->program = program;
	if (!program->interp)
		leave_to_kernel(path, "statically linked program");
	if (lookup_refers_to(program, "__tsan_init") || lookup_refers_to(program, "__msan_init"))
		leave_to_kernel(path, "built with a sanitizer that owns the region's addresses");
	if (!host_open(program->interp, &fault))
		leave_to_kernel(path, fault.what);
	if (world->host == HOST_GLIBC && preload_file_in_use())
		leave_to_kernel(path, "/etc/ld.so.preload is in use");
}

/* A heap for this launch: at its place in the region if this launch publishes, else anywhere. */
static void
begin_heap(void)
{
	int error = -1;

	if (publishing() && exports_copy_stubs(store.base + REGION_HEAP - EXPORT_PAGE_DISTANCE)) {
		error = heap_init(store.base + REGION_HEAP, sizeof(struct export_page));
		if (error == 0)
			exports_use_page(store.base + REGION_HEAP);
	}
	if (error < 0) {
		publish_abandon("slot-taken");
		error = heap_init(0, 0);
	}
	if (error < 0)
		message_die(126, "xipld: no memory for the loader: %s\n", sys_strerror(-error));
	/* what is written while a process starts lies in the heap's first page */
	world = heap_alloc_aligned(sizeof(*world), 16);
	world->boot = heap_alloc_aligned(sizeof(*world->boot), 16);
	if (publishing())
		exports_init_region(store.base + REGION_HEAP - EXPORT_PAGE_DISTANCE);
	else
		exports_init_private();
}

static void
enter_image(void)
{
	struct fault fault;
	int status = image_enter(launch.image, &fault);

	if (status)
		die_of(&fault, status);
}

static _Noreturn void
run(int program_index)
{
	struct object *program;
	struct fault fault;
	char *path;
	int fd;

	start_drop_arguments(&process_start, program_index);
	if (launch.image)
		enter_image();
	fd = open_program(process_start.argv[0], &path);
	start_set_aux(&process_start, AT_EXECFN, (uintptr_t)path);
	if (launch.argv0)
		process_start.argv[0] = (char *)launch.argv0;
	if (plan_wanted() && publish_start() && plan_launch(&store, path)) {
		/* another launch published between our look and our lock */
		publish_abandon("published-meanwhile");
		sys_close(fd);
		run_plan(path);
	}
	begin_heap();
	program = heap_alloc(sizeof(*program));
	examine_program(program, fd, path);
	open_hosted(program, fd, path);
	set_search_rules();
	report_step(STEP_FIND);
	load_closure(&fault);
	report_step(STEP_LOAD);
	if (launch.list)
		report_list();
	if (!host_check(&fault))
		leave_to_kernel(path, fault.what);
	if (launch.prepare && !(store_trusts(&world->libc->id) && store_trusts(&world->interp->id)))
		leave_to_kernel(path,
				"its C library is another user's: to prepare it would run that");
	link_closure(&fault);
	if (publishing())
		publish_reserve();
	host_prepare();
	report_step(STEP_RELOCATE);
	if (launch.link_only) {
		report_stats();
		sys_exit(0);
	}
	if (publishing())
		publish_begin();
	identity_take();
	image_drop_privileges();
	host_boot();
}

void
loader_start(uintptr_t *stack)
{
	extern char __bss_start[] __attribute__((visibility("hidden")));
	int program;

	/* one system call for what would be two page faults; before page_size can be written */
	sys_call(__NR_madvise, (long)__bss_start, HOT_BYTES, SYS_MADV_POPULATE_WRITE, 0, 0, 0);
	start_parse(&process_start, stack);
	process_execfn = (const char *)start_aux(&process_start, AT_EXECFN);
	page_size = start_aux(&process_start, AT_PAGESZ);
	arch_begin(process_start.auxv);
	if (start_aux(&process_start, AT_SECURE))
		message_die(126, "xipld: refuses to run with privileges that its caller has not "
				 "(AT_SECURE)\n");
	program = options_parse(process_start.argc, process_start.argv);
	launch.plan = "none";
	report_begin();
	run(program);
}
