#include "launch/handover.h"
#include "libc/boot.h"
#include "base/heap.h"

#define PATH_SIZE 4096
#define SHELL "/bin/sh"

struct handover handover;

/* --list and the like are questions that only xipld answers. */
static void
refuse_if_asked(const char *path, const char *why)
{
	if (options.strict)
		message_die(126, "xipld: %s: %s (--strict)\n", path, why);
	if (options.list || options.prepare || options.link_only)
		message_die(126, "xipld: %s: %s\n", path, why);
	if (options.verbose)
		message_print(2, "xipld: %s: left to the kernel: %s\n", path, why);
}

/* NAME=first[:second], at *to, which moves behind it. */
static char *
make_variable(char **to, const char *name, const char *first, const char *second)
{
	char *at = *to;
	size_t size = strlen(name) + strlen(first) + (second ? strlen(second) + 1 : 0) + 2;

	message_format(at, size, "%s=%s%s%s", name, first, second ? ":" : "", second ? second : "");
	*to += size;
	return at;
}

static bool
is_variable(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

/* The environment with --library-path in LD_LIBRARY_PATH's place and --preload behind LD_PRELOAD.
 */
static char **
environment(void)
{
	const struct process_args *s = &process_args;
	const char *preloads = process_args_getenv(s, "LD_PRELOAD");
	size_t count = 0, text = 64;
	char **env, **out, *to;

	if (!options.library_path && !options.preload)
		return s->envp;
	while (s->envp[count])
		count++;
	text += options.library_path ? strlen(options.library_path) : 0;
	text += options.preload ? strlen(options.preload) : 0;
	text += preloads ? strlen(preloads) : 0;
	env = out = scratch_alloc((count + 3) * sizeof(*env) + text);
	if (!env)
		return NULL;
	to = (char *)(env + count + 3);
	for (char **e = s->envp; *e; e++)
		if (!(options.library_path && is_variable(*e, "LD_LIBRARY_PATH")) &&
		    !(options.preload && is_variable(*e, "LD_PRELOAD")))
			*out++ = *e;
	if (options.library_path)
		*out++ = make_variable(&to, "LD_LIBRARY_PATH", options.library_path, NULL);
	if (options.preload && preloads && *preloads)
		*out++ = make_variable(&to, "LD_PRELOAD", preloads, options.preload);
	else if (options.preload)
		*out++ = make_variable(&to, "LD_PRELOAD", options.preload, NULL);
	*out = NULL;
	return env;
}

static bool
is_elf(const char *path)
{
	char magic[4] = "";
	int fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (fd >= 0) {
		sys_pread(fd, magic, sizeof(magic), 0);
		sys_close(fd);
	}
	return memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

/* A text file without a first line that names an interpreter is the shell's. */
static long
run_by_shell(const char *path, char **argv, char **env)
{
	size_t count = 0;
	char **words;

	while (argv[count])
		count++;
	words = scratch_alloc((count + 2) * sizeof(*words));
	if (!words)
		return -ENOMEM;
	words[0] = (char *)SHELL;
	words[1] = (char *)path;
	if (count > 1)
		memcpy(words + 2, argv + 1, (count - 1) * sizeof(*words));
	return sys_call(__NR_execve, (long)SHELL, (long)words, (long)env, 0, 0, 0);
}

static long
execute(const char *path, char **argv, char **env)
{
	long ret;

	if (!env)
		return -ENOMEM;
	ret = sys_call(__NR_execve, (long)path, (long)argv, (long)env, 0, 0, 0);

	return ret == -ENOEXEC && !is_elf(path) ? run_by_shell(path, argv, env) : ret;
}

static _Noreturn void
cannot_run(const char *path, long ret)
{
	const char *text = sys_strerror((int)-ret);

	message_die(ret == -ENOENT || ret == -ENOTDIR ? 127 : 126,
		    "xipld: %s: cannot be run: %s (execve)\n", path, text ? text : "error");
}

_Noreturn void
leave_to_kernel(const char *path, const char *why)
{
	char **argv = process_args.argv;

	refuse_if_asked(path, why);
	if (handover.script) {
		path = handover.script;
		argv += handover.inserted;
	}
	cannot_run(path, execute(path, argv, environment()));
}

/* As execvp(3): what it remembers, what it goes on after. */
static long
search_and_execute(const char *name, char **argv, char **env)
{
	const char *list = process_args_getenv(&process_args, "PATH");
	char path[PATH_SIZE];
	bool denied = false;

	for (const char *end;; list = end + 1) {
		size_t len;
		long ret = -ENOENT;

		if (!list)
			list = "/bin:/usr/bin";
		end = strchr(list, ':');
		len = end ? (size_t)(end - list) : strlen(list);
		if (len + strlen(name) + 2 <= sizeof(path)) {
			memcpy(path, list, len);
			message_format(path + len, sizeof(path) - len, len ? "/%s" : "%s", name);
			ret = execute(path, argv, env);
		}
		denied |= ret == -EACCES;
		if (ret != -EACCES && ret != -ENOENT && ret != -ENOTDIR && ret != -ESTALE &&
		    ret != -ENODEV && ret != -ETIMEDOUT)
			return ret;
		if (!end)
			return denied ? -EACCES : -ENOENT;
	}
}

_Noreturn void
leave_unseen(const char *name, const char *why)
{
	char **argv = process_args.argv, **env;

	refuse_if_asked(name, why);
	env = environment();
	if (!*name)
		cannot_run(name, -ENOENT);
	if (strchr(name, '/'))
		cannot_run(name, execute(name, argv, env));
	if (strlen(name) > 255)
		cannot_run(name, -ENAMETOOLONG);
	cannot_run(name, search_and_execute(name, argv, env));
}
