#include "lib/sys.h"

#include <asm/stat.h>
#include <linux/futex.h>

#define X_OK 1

uintptr_t page_size;
unsigned long sys_mappings;

long
sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return arch_syscall(nr, a, b, c, d, e, f);
}

int
sys_open(const char *path, int flags, int mode)
{
	return (int)arch_syscall(__NR_openat, SYS_AT_FDCWD, (long)path, flags, mode, 0, 0);
}

void
sys_close(int fd)
{
	arch_syscall(__NR_close, fd, 0, 0, 0, 0, 0);
}

long
sys_read(int fd, void *buf, size_t len)
{
	return arch_syscall(__NR_read, fd, (long)buf, (long)len, 0, 0, 0);
}

long
sys_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	return arch_syscall(__NR_pread64, fd, (long)buf, (long)len, (long)offset, 0, 0);
}

long
sys_write(int fd, const void *buf, size_t len)
{
	return arch_syscall(__NR_write, fd, (long)buf, (long)len, 0, 0, 0);
}

/* By newfstatat(2), not statx(2): ld.so makes the former, so a filter knows it (sys_is_filtered).
 */
static int
file_id(int fd, const char *path, int flags, struct file_id *id)
{
	struct stat st;
	long ret = arch_syscall(__NR_newfstatat, fd, (long)path, (long)&st, flags, 0, 0);
	uint64_t major, minor;

	if (ret < 0)
		return (int)ret;
	major = st.st_dev >> 8 & 0xfff;
	minor = (st.st_dev & 0xff) | (st.st_dev >> 12 & 0xfff00);
	*id = (struct file_id){
		.dev = major << 32 | minor,
		.ino = st.st_ino,
		.size = st.st_size,
		.mtime_sec = (int64_t)st.st_mtime,
		.ctime_sec = (int64_t)st.st_ctime,
		.mtime_nsec = (uint32_t)st.st_mtime_nsec,
		.ctime_nsec = (uint32_t)st.st_ctime_nsec,
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
	};
	return 0;
}

#ifdef __NR_access
#define CHECK_EXECUTE(path) arch_syscall(__NR_access, (long)(path), X_OK, 0, 0, 0, 0)
#else
#define CHECK_EXECUTE(path) arch_syscall(__NR_faccessat, SYS_AT_FDCWD, (long)(path), X_OK, 0, 0, 0)
#endif

bool
sys_may_execute(const char *path)
{
	return CHECK_EXECUTE(path) == 0;
}

bool
sys_is_dax(const char *path)
{
	struct statx sx;

	return arch_syscall(__NR_statx, SYS_AT_FDCWD, (long)path, 0, STATX_BASIC_STATS, (long)&sx,
			    0) == 0 &&
	       (sx.stx_attributes & STATX_ATTR_DAX);
}

#define SIG_SETMASK 2

int
sys_block_signals(uint64_t *was)
{
	uint64_t all = ~0UL;

	return (int)arch_syscall(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)was,
				 sizeof(all), 0, 0);
}

void
sys_restore_signals(uint64_t was)
{
	arch_syscall(__NR_rt_sigprocmask, SIG_SETMASK, (long)&was, 0, sizeof(was), 0, 0);
}

bool
sys_is_alone(void)
{
	struct statx sx;

	/* a directory's links: itself, its parent's entry, and one for each in it */
	return arch_syscall(__NR_statx, SYS_AT_FDCWD, (long)"/proc/self/task", 0, STATX_NLINK,
			    (long)&sx, 0) == 0 &&
	       sx.stx_nlink == 3;
}

int
sys_fstat(int fd, struct file_id *id)
{
	return file_id(fd, "", SYS_AT_EMPTY_PATH, id);
}

int
sys_stat(const char *path, struct file_id *id)
{
	return file_id(SYS_AT_FDCWD, path, 0, id);
}

int
sys_stat_at(int dir, const char *path, struct file_id *id)
{
	return file_id(dir, path, 0, id);
}

long
sys_mmap(uintptr_t addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	sys_mappings++;
	return arch_syscall(__NR_mmap, (long)addr, (long)len, prot, flags, fd, (long)offset);
}

int
sys_munmap(uintptr_t addr, size_t len)
{
	return (int)arch_syscall(__NR_munmap, (long)addr, (long)len, 0, 0, 0, 0);
}

int
sys_mprotect(uintptr_t addr, size_t len, int prot)
{
	return (int)arch_syscall(__NR_mprotect, (long)addr, (long)len, prot, 0, 0, 0);
}

long
sys_readlink(const char *path, char *buf, size_t len)
{
	return arch_syscall(__NR_readlinkat, SYS_AT_FDCWD, (long)path, (long)buf, (long)len, 0, 0);
}

long
sys_getcwd(char *buf, size_t len)
{
	return arch_syscall(__NR_getcwd, (long)buf, (long)len, 0, 0, 0, 0);
}

uint64_t
sys_limit(int resource)
{
	uint64_t limit[2];

	return arch_syscall(__NR_prlimit64, 0, resource, 0, (long)limit, 0, 0) == 0 ? limit[0]
										    : SYS_NO_LIMIT;
}

bool
sys_is_short_of_memory(void)
{
	const uint64_t plenty = 1UL << 30;

	return sys_limit(SYS_RLIMIT_AS) < plenty || sys_limit(SYS_RLIMIT_DATA) < plenty;
}

int
sys_getpid(void)
{
	return (int)arch_syscall(__NR_getpid, 0, 0, 0, 0, 0, 0);
}

int
sys_gettid(void)
{
	return (int)arch_syscall(__NR_gettid, 0, 0, 0, 0, 0, 0);
}

void
sys_futex_wait(uint32_t *word, uint32_t value)
{
	arch_syscall(__NR_futex, (long)word, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);
}

void
sys_futex_wake(uint32_t *word, int count)
{
	arch_syscall(__NR_futex, (long)word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
}

int
sys_rename(const char *from, const char *to)
{
	return (int)sys_call(__NR_renameat2, SYS_AT_FDCWD, (long)from, SYS_AT_FDCWD, (long)to, 0,
			     0);
}

static char status_text[8192] SYS_COLD;

/* Read /proc/self/status; what cannot be read is empty. */
static void
read_status(void)
{
	int fd = sys_open("/proc/self/status", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	long got = fd >= 0 ? sys_read(fd, status_text, sizeof(status_text) - 1) : -1;

	if (fd >= 0)
		sys_close(fd);
	status_text[got > 0 ? got : 0] = 0;
}

/* What follows the first line that begins so in what was read; NULL: nothing does. */
static const char *
line_of_status(const char *begin)
{
	for (const char *at = status_text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (starts_with(at, begin))
			return at + strlen(begin);
	}
	return NULL;
}

static const char *
find_in_status(const char *begin)
{
	read_status();
	return line_of_status(begin);
}

static bool
is_line(const char *rest)
{
	return rest && (*rest == '\n' || !*rest);
}

bool
sys_status_says(const char *line)
{
	return is_line(find_in_status(line));
}

bool
sys_is_left_alone(void)
{
	read_status();
	/* a kernel without filters has no such line */
	return is_line(line_of_status("TracerPid:\t0")) &&
	       (!line_of_status("Seccomp:") || is_line(line_of_status("Seccomp:\t0")));
}

#define PR_GET_SECCOMP 21

/* No /proc: a kernel's answer of 0 or "no such question" is a good one. A filter that forbids this
 * question forbids what a launch needs, too. */
static bool
kernel_says_filtered(void)
{
	long mode = arch_syscall(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0);

	return mode != 0 && mode != -EINVAL;
}

bool
sys_is_filtered(void)
{
	static const char line[] = "\nSeccomp:\t";
	char part[2048];
	size_t matched = 0;
	long got;
	int fd = sys_open("/proc/self/status", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (fd < 0)
		return (fd != -ENOENT && fd != -ENOTDIR) || kernel_says_filtered();
	while ((got = sys_read(fd, part, sizeof(part))) > 0)
		for (long i = 0; i < got; i++) {
			if (matched == sizeof(line) - 1) {
				sys_close(fd);
				return part[i] != '0';
			}
			/* only its first character is a newline */
			matched = part[i] == line[matched] ? matched + 1 : part[i] == '\n';
		}
	sys_close(fd);
	return got < 0; /* a kernel without filters has no such line */
}

long
sys_filters(void)
{
	const char *count = find_in_status("Seccomp_filters:\t");
	long n = 0;

	if (!count) /* before Linux 5.9 */
		return sys_status_says("Seccomp:\t0") ? 0 : -1;
	for (; *count >= '0' && *count <= '9' && n < 1000000; count++)
		n = n * 10 + (*count - '0');
	return n;
}

uint64_t
sys_clock_us(void)
{
	int64_t ts[2];

	arch_syscall(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, (long)ts, 0, 0, 0, 0);
	return (uint64_t)ts[0] * 1000000 + (uint64_t)ts[1] / 1000;
}

int64_t
sys_time(void)
{
	int64_t ts[2];

	arch_syscall(__NR_clock_gettime, 0 /* CLOCK_REALTIME */, (long)ts, 0, 0, 0, 0);
	return ts[0];
}

_Noreturn void
sys_exit(int status)
{
	for (;;)
		arch_syscall(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

const char *
sys_strerror(int err)
{
	static const struct {
		int number;
		char text[36];
	} texts[] = {
		{EPERM, "Operation not permitted"},
		{ENOENT, "No such file or directory"},
		{EIO, "Input/output error"},
		{E2BIG, "Argument list too long"},
		{ENOEXEC, "Exec format error"},
		{EBADF, "Bad file descriptor"},
		{EAGAIN, "Resource temporarily unavailable"},
		{ENOMEM, "Cannot allocate memory"},
		{EACCES, "Permission denied"},
		{EFAULT, "Bad address"},
		{EEXIST, "File exists"},
		{ENOTDIR, "Not a directory"},
		{EISDIR, "Is a directory"},
		{EINVAL, "Invalid argument"},
		{ENFILE, "Too many open files in system"},
		{EMFILE, "Too many open files"},
		{ETXTBSY, "Text file busy"},
		{ENOSPC, "No space left on device"},
		{EROFS, "Read-only file system"},
		{ENAMETOOLONG, "File name too long"},
		{ENOSYS, "Function not implemented"},
		{ELOOP, "Too many levels of symbolic links"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].number == err)
			return texts[i].text;
	return NULL;
}

bool
file_unchanged(const struct file_id *now, const struct file_id *then)
{
	return now->ino == then->ino && now->dev == then->dev && now->size == then->size &&
	       now->mtime_sec == then->mtime_sec && now->mtime_nsec == then->mtime_nsec &&
	       now->ctime_sec == then->ctime_sec && now->ctime_nsec == then->ctime_nsec;
}
