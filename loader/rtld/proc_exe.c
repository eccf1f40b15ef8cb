#include "rtld/proc_exe.h"
#include "base/heap.h"
#include "rtld/stubs.h"

extern uintptr_t *stub_libc_functions;

#define AT_SYMLINK_NOFOLLOW 0x100
#define OTHERS 4
#define PATH_SIZE 512

static const char *
link_target(const char *link)
{
	char path[PATH_SIZE];
	long len = sys_readlink(link, path, sizeof(path));

	return len > 0 && path[0] == '/' ? heap_strndup(path, (size_t)len) : NULL;
}

const char *
proc_exe_path(void)
{
	static const char *known;
	char link[40];

	if (known)
		return known;
	if (rtld->program_fd >= 0) {
		message_format(link, sizeof(link), "/proc/self/fd/%d", rtld->program_fd);
		known = link_target(link);
	} else {
		known = link_target("/proc/self/exe");
	}
	if (!known)
		known = rtld->program->path;
	return known;
}

static const char *
after_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Behind /proc/: the link of a process, or of a thread of it, to its executable? */
static bool
is_exe_link(const char *path)
{
	const char *p = starts_with(path, "self/")	    ? path + 4
			: starts_with(path, "thread-self/") ? path + 11
							    : after_digits(path);

	if (p != path && starts_with(p, "/task/") && after_digits(p + 6) != p + 6)
		p = after_digits(p + 6);
	return p != path && streq(p, "/exe");
}

/* The number after /proc/; this process's if there is none. */
static int
process_of(const char *path)
{
	long n = 0;

	for (path += 6; *path >= '0' && *path <= '9' && n < 1L << 30; path++)
		n = n * 10 + (*path - '0');
	return n ? (int)n : sys_getpid();
}

/* Where a process's program headers are: its auxiliary vector says so to who may read it. */
static uintptr_t
headers_of(int pid)
{
	Elf64_auxv_t auxv[40];
	char path[40];
	int fd;
	long got;

	message_format(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	got = fd >= 0 ? sys_read(fd, auxv, sizeof(auxv)) : 0;
	if (fd >= 0)
		sys_close(fd);
	for (long i = 0; i < got / (long)sizeof(auxv[0]); i++)
		if (auxv[i].a_type == AT_PHDR)
			return auxv[i].a_un.a_val;
	return 0;
}

static const char *
hexadecimal(const char *p, uintptr_t *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;

	for (*value = 0; *p && (digit = strchr(digits, *p)); p++)
		*value = *value << 4 | (uintptr_t)(digit - digits);
	return p;
}

/* If a line of maps is about this address, its file's path. */
static const char *
path_in_line(const char *line, uintptr_t at)
{
	uintptr_t low, high;

	line = hexadecimal(line, &low);
	hexadecimal(line + (*line == '-'), &high);
	return at >= low && at < high ? strchr(line, '/') : NULL;
}

/* Read maps line by line, for the file that lies at an address. */
static bool
file_at(int pid, uintptr_t at, char *file)
{
	char name[40], text[4096];
	size_t have = 0;
	bool found = false;
	long got;
	int fd;

	message_format(name, sizeof(name), "/proc/%d/maps", pid);
	fd = sys_open(name, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	while (!found && (got = sys_read(fd, text + have, sizeof(text) - 1 - have)) > 0) {
		char *line = text, *end;

		have += (size_t)got;
		text[have] = 0;
		for (; !found && (end = strchr(line, '\n')); line = end + 1) {
			const char *path;

			*end = 0;
			path = path_in_line(line, at);
			found = path && message_format(file, PATH_SIZE, "%s", path) < PATH_SIZE;
		}
		have -= (size_t)(line - text);
		memmove(text, line, have);
	}
	sys_close(fd);
	return found;
}

/*
 * The program of another process whose executable is the loader, too: what is mapped where its
 * program headers are. Kept for good, as the caller is libc's function.
 */
static const char *
program_of(int pid, const char *path)
{
	static char others[OTHERS][PATH_SIZE] SYS_COLD;
	char own[PATH_SIZE], target[PATH_SIZE], file[PATH_SIZE];
	long len = sys_readlink("/proc/self/exe", own, sizeof(own));
	uintptr_t at;

	if (len <= 0 || sys_readlink(path, target, sizeof(target)) != len ||
	    memcmp(own, target, (size_t)len) != 0)
		return path;
	at = headers_of(pid);
	if (!at || !file_at(pid, at, file))
		return path;
	for (int i = 0; i < OTHERS; i++) {
		if (!others[i][0])
			message_format(others[i], PATH_SIZE, "%s", file);
		if (streq(others[i], file))
			return others[i];
	}
	return path;
}

const char *
proc_exe_own_path(const char *path)
{
	int pid;

	if (!path || !starts_with(path, "/proc/") || !is_exe_link(path + 6))
		return path;
	pid = process_of(path);
	return pid == sys_getpid() ? proc_exe_path() : program_of(pid, path);
}

/* What readlink would say of the loader: the program's path, else NULL. */
static const char *
own_link(const char *path)
{
	const char *program = proc_exe_own_path(path);

	return program != path ? program : NULL;
}

static long
copy_path(const char *own, char *buf, size_t size)
{
	size_t len = strlen(own);

	if (len > size)
		len = size;
	memcpy(buf, own, len);
	return (long)len;
}

long
stub_readlink(const char *path, char *buf, size_t size)
{
	const char *own = own_link(path);

	if (size && own)
		return copy_path(own, buf, size);
	return ((long (*)(const char *, char *, size_t))stub_libc_functions[STUB_readlink])(
		path, buf, size);
}

long
stub___readlink_chk(const char *path, char *buf, size_t size, size_t capacity)
{
	const char *own = own_link(path);

	if (size && size <= capacity && own)
		return copy_path(own, buf, size);
	return ((long (*)(const char *, char *, size_t,
			  size_t))stub_libc_functions[STUB___readlink_chk])(path, buf, size,
									    capacity);
}

long
stub_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	const char *own = own_link(path);

	if (size && own)
		return copy_path(own, buf, size);
	return ((long (*)(int, const char *, char *, size_t))stub_libc_functions[STUB_readlinkat])(
		dir, path, buf, size);
}

long
stub___readlinkat_chk(int dir, const char *path, char *buf, size_t size, size_t capacity)
{
	const char *own = own_link(path);

	if (size && size <= capacity && own)
		return copy_path(own, buf, size);
	return ((long (*)(int, const char *, char *, size_t,
			  size_t))stub_libc_functions[STUB___readlinkat_chk])(dir, path, buf, size,
									      capacity);
}

/* The link itself is the kernel's. */
static const char *
followed(const char *path, int flags)
{
	return flags & AT_SYMLINK_NOFOLLOW ? path : proc_exe_own_path(path);
}

typedef int stat_function(int, const char *, void *, int);
typedef int old_stat_function(int, int, const char *, void *, int);

int
stub_fstatat(int dir, const char *path, void *stat, int flags)
{
	return ((stat_function *)stub_libc_functions[STUB_fstatat])(dir, followed(path, flags),
								    stat, flags);
}

int
stub_fstatat64(int dir, const char *path, void *stat, int flags)
{
	return ((stat_function *)stub_libc_functions[STUB_fstatat64])(dir, followed(path, flags),
								      stat, flags);
}

int
stub___fxstatat(int version, int dir, const char *path, void *stat, int flags)
{
	return ((old_stat_function *)stub_libc_functions[STUB___fxstatat])(
		version, dir, followed(path, flags), stat, flags);
}

int
stub___fxstatat64(int version, int dir, const char *path, void *stat, int flags)
{
	return ((old_stat_function *)stub_libc_functions[STUB___fxstatat64])(
		version, dir, followed(path, flags), stat, flags);
}

int
stub_statx(int dir, const char *path, int flags, unsigned mask, void *stat)
{
	return ((int (*)(int, const char *, int, unsigned, void *))stub_libc_functions[STUB_statx])(
		dir, followed(path, flags), flags, mask, stat);
}

int
stub_faccessat(int dir, const char *path, int mode, int flags)
{
	return ((int (*)(int, const char *, int, int))stub_libc_functions[STUB_faccessat])(
		dir, followed(path, flags), mode, flags);
}

int
stub_execveat(int dir, const char *path, char **argv, char **envp, int flags)
{
	return ((int (*)(int, const char *, char **, char **,
			 int))stub_libc_functions[STUB_execveat])(dir, followed(path, flags), argv,
								  envp, flags);
}

int
stub_posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags,
				      unsigned mode)
{
	return ((int (*)(void *, int, const char *, int,
			 unsigned))stub_libc_functions[STUB_posix_spawn_file_actions_addopen])(
		actions, fd, proc_exe_own_path(path), flags, mode);
}
