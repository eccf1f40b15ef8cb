#include "launch/program.h"
#include "launch/handover.h"
#include "launch/arguments.h"
#include "base/search_path.h"
#include "libc/boot.h"
#include "base/heap.h"

#define PATH_SIZE 4096
#define SHORT_PATH 256
#define SCRIPT_DEPTH 5 /* of scripts, as the kernel: exec_binprm() */
#define SCRIPT_LINE 256 /* what the kernel reads of a file: BINPRM_BUF_SIZE */

/* The file that is looked at now; what every launch has. */
static struct {
	const char *name; /* as it was asked for */
	const char *script; /* the first, if there is one */
	int depth; /* of scripts */
} now;

/* And what only some have: for good, as arguments lie in it. */
static struct {
	char path[PATH_SIZE];
	char lines[SCRIPT_DEPTH + 1][SCRIPT_LINE + 1];
} kept SYS_COLD;

/* A variable that asks ld.so for something that only ld.so does. */
bool
program_asks_for_ld_so(void)
{
	static const struct {
		char name[24];
		bool even_if_empty;
	} variables[] = {{"LD_AUDIT", false},
			 {"LD_DEBUG", false},
			 {"LD_TRACE_LOADED_OBJECTS", true},
			 {"LD_PROFILE", false},
			 {"LD_SHOW_AUXV", true}};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = process_args_getenv(&process_args, variables[i].name);

		if (value && (*value || variables[i].even_if_empty))
			return true;
	}
	return false;
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

	if (obj->id.mode & MODE_SETUID)
		return "set-user-ID program";
	if (mode_is_setgid(obj->id.mode))
		return "set-group-ID program";
	for (uint32_t i = 0; i < obj->phnum; i++) {
		interp |= obj->phdr[i].p_type == PT_INTERP;
		dynamic |= obj->phdr[i].p_type == PT_DYNAMIC;
	}
	if (!interp || !dynamic)
		return "statically linked program";
	if (has_capabilities(fd))
		return "program with file capabilities";
	if (obj->relro_is_cut) /* ld.so cannot protect a hole: the kernel maps nothing there */
		return "its read-only part is larger than its pages (PT_GNU_RELRO)";
	if (program_asks_for_ld_so())
		return "the environment asks ld.so for an audit, a trace or a profile";
	return NULL;
}

_Noreturn void
program_fail(const struct error *error, int status, const char *path)
{
	const char *reason = error->number ? sys_strerror(error->number) : NULL;

	if (error->number == ENOMEM && path)
		leave_to_kernel(path, "not enough memory to load it");
	message_die(status, "xipld: %s: %s%s%s\n", error->file, error->what, reason ? ": " : "",
		    reason ? reason : "");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first character in [from, last] that is no blank (or, if `end`, that ends a word), or NULL.
 */
static char *
next(char *from, const char *last, bool end)
{
	for (; from <= last; from++)
		if (end ? is_blank(*from) || !*from : !is_blank(*from))
			return from;
	return NULL;
}

/*
 * Take the first line of a script apart, "#!interpreter [argument]", as the kernel does
 * (fs/binfmt_script.c): of what does not fit, the argument may be cut off, the interpreter not.
 * False if the kernel would say that it knows no such format.
 */
static bool
read_shebang(char line[SCRIPT_LINE + 1], char **interp, char **argument)
{
	char *const last = line + SCRIPT_LINE - 1;
	char *end = memchr(line, '\n', SCRIPT_LINE), *name, *separator;

	if (!end) {
		name = next(line + 2, last, false);
		if (!name || !next(name, last, true))
			return false;
		end = last;
	}
	while (is_blank(end[-1]))
		end--;
	name = next(line + 2, end, false);
	if (!name || name == end)
		return false;
	separator = next(name, end, true);
	*argument = separator && *separator ? next(separator, end, false) : NULL;
	*end = 0;
	if (*argument)
		*separator = 0;
	*interp = name;
	return true;
}

static void run_found(void);

/* argv becomes: interpreter [argument] script arguments… (execve(2)). */
static _Noreturn void
run_script(char *path, char *line)
{
	char *interp, *argument;
	const char *front[ARGUMENTS_FRONT];
	int count = 0;

	if (now.depth == SCRIPT_DEPTH)
		message_die(126, "xipld: %s: cannot be run: Too many levels of symbolic links\n",
			    now.script);
	if (!read_shebang(line, &interp, &argument))
		leave_to_kernel(path, "its first line names no interpreter");
	if (options.verbose)
		message_print(2, "xipld: %s: script, run by %s\n", path, interp);
	front[count++] = interp;
	if (argument)
		front[count++] = argument;
	front[count++] = path;
	if (!now.script)
		now.script = path;
	now.name = interp;
	now.depth++;
	handover.script = now.script;
	handover.inserted += count - 1;
	if (!arguments_replace(front, count, 1, &now.name, run_found))
		leave_to_kernel(path, "not enough memory for its arguments");
	__builtin_unreachable();
}

/* Find the program and open it; ends the process if there is none. An interpreter is not searched.
 */
static int
find_program(char *path, size_t size)
{
	int err = 0, fd;

	if (now.depth == 0)
		err = search_path(now.name, process_args_getenv(&process_args, "PATH"), path, size);
	process_args_set_aux(&process_args, AT_EXECFN, (uintptr_t)(now.script ? now.script : path));
	if (!err)
		program_launch_plan(path);
	fd = err ? -err : sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd == -EACCES && !err && sys_may_execute(path))
		leave_to_kernel(path, "program that may be run but not read");
	if (fd < 0)
		message_die(fd == -ENOENT || fd == -ENOTDIR ? 127 : 126,
			    "xipld: %s: cannot open: %s\n", now.name,
			    sys_strerror(-fd) ? sys_strerror(-fd) : "error");
	return fd;
}

/*
 * Where the program's path goes: if it surely is a short one, among what every launch writes. An
 * interpreter's is there.
 */
static char *
path_buffer(const char *name, size_t *size)
{
	static char small[SHORT_PATH];
	const char *list = process_args_getenv(&process_args, "PATH");
	size_t most = strlen(name) + 32; /* with the directories that stand for no PATH */

	*size = 0;
	if (now.depth > 0)
		return (char *)name;
	if (!strchr(name, '/') && list)
		most += strlen(list);
	*size = most <= sizeof(small) ? sizeof(small) : PATH_SIZE;
	return most <= sizeof(small) ? small : kept.path;
}

/* Run now.name. */
static void
run_found(void)
{
	size_t size;
	char *path = path_buffer(now.name, &size), *line = kept.lines[now.depth], magic[SELFMAG];
	int fd = find_program(path, size);
	long got = sys_pread(fd, magic, sizeof(magic), 0);

	if (got == SELFMAG && memcmp(magic, ELFMAG, SELFMAG) == 0)
		program_launch_file(fd, path);
	got = sys_pread(fd, line, SCRIPT_LINE, 0);
	if (!sys_may_execute(path))
		message_die(126, "xipld: %s: not runnable: Permission denied\n", path);
	sys_close(fd);
	if (got >= 2 && line[0] == '#' && line[1] == '!')
		run_script(path, line);
	leave_to_kernel(path, "not an ELF file");
}

_Noreturn void
program_run(const char *name)
{
	now.name = name;
	if (options.argv0 && !arguments_replace(&options.argv0, 1, 1, &now.name, run_found))
		leave_unseen(name, "not enough memory for its arguments");
	run_found();
	__builtin_unreachable();
}

void
program_examine(struct object *program, int fd, const char *path)
{
	struct error error;
	const char *why;
	bool plain;

	program->path = heap_strdup(path);
	plain = object_read_headers(program, fd, path, &error);
	/* a file that everybody may run needs no question */
	if ((program->id.mode & MODE_ALL_EXECUTE) != MODE_ALL_EXECUTE && !sys_may_execute(path))
		message_die(126, "xipld: %s: not runnable: Permission denied\n", path);
	if (!plain && error_is_foreign(error.kind))
		leave_to_kernel(path, error.what);
	if (!plain)
		program_fail(&error, 126, path);
	why = why_not_ours(program, fd);
	if (why)
		leave_to_kernel(path, why);
}
