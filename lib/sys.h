/*
 * System calls, and the few string functions a freestanding program needs.
 *
 * Every sys_ function returns what the kernel returns: a value, or -errno.  Nothing here touches
 * errno.
 */
#ifndef XIPLD_SYS_H
#define XIPLD_SYS_H

#include <asm/errno.h>
#include <asm/unistd.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mode.h"
#include "arch.h"

#define PAGE_ALIGN_DOWN(x) ((x) & ~(uintptr_t)(page_size - 1))
#define PAGE_ALIGN_UP(x) PAGE_ALIGN_DOWN((x) + page_size - 1)

/* From the auxiliary vector (AT_PAGESZ). */
extern uintptr_t page_size;

/* What one page of the page table maps, and a large folio at most. */
static inline size_t
pmd_size(void)
{
	return page_size / sizeof(uint64_t) * page_size;
}

/* A function that every launch uses, in a file whose others few do. */
#define SYS_HOT __attribute__((section(".text.hot")))
/* Large variables that few launches use: kept away from the others, which share a page or two. */
#define SYS_COLD __attribute__((section(".bss.cold")))
/* One of which every launch uses the beginning: it lies between the others and those. */
#define SYS_COLD_END __attribute__((section(".bss.end")))

enum {
	SYS_PROT_NONE = 0,
	SYS_PROT_READ = 1,
	SYS_PROT_WRITE = 2,
	SYS_PROT_EXEC = 4,
	SYS_MAP_SHARED = 1,
	SYS_MAP_PRIVATE = 2,
	SYS_MAP_FIXED = 0x10,
	SYS_MAP_ANONYMOUS = 0x20,
	SYS_MAP_NORESERVE = 0x4000,
	SYS_MAP_FIXED_NOREPLACE = 0x100000,
	SYS_RLIMIT_FSIZE = 1,
	SYS_RLIMIT_DATA = 2,
	SYS_RLIMIT_AS = 9,
	SYS_O_RDONLY = 0,
	SYS_O_WRONLY = 1,
	SYS_O_RDWR = 2,
	SYS_O_CREAT = 0100,
	SYS_O_EXCL = 0200,
	SYS_O_DIRECTORY = ARCH_O_DIRECTORY,
	SYS_O_NOFOLLOW = ARCH_O_NOFOLLOW,
	SYS_O_CLOEXEC = 02000000,
	SYS_O_NONBLOCK = 04000,
	SYS_O_PATH = 010000000,
	SYS_ST_NOEXEC = 8, /* statfs(2) */
	SYS_AT_FDCWD = -100,
	SYS_AT_EMPTY_PATH = 0x1000,
	SYS_MADV_DONTNEED = 4,
	SYS_MADV_HUGEPAGE = 14,
	SYS_MADV_POPULATE_READ = 22,
	SYS_MADV_POPULATE_WRITE = 23,
};

/* What identifies a file's content to us: equal means unchanged. */
struct file_id {
	uint64_t dev, ino;
	int64_t size;
	int64_t mtime_sec, ctime_sec;
	uint32_t mtime_nsec, ctime_nsec;
	uint32_t mode, uid, gid;
	uint32_t zero; /* else padding, which files of the store would get from the stack */
};

/* Are these two the same, unchanged file? */
bool file_unchanged(const struct file_id *now, const struct file_id *then);

/* Mappings made so far, for --stats. */
extern unsigned long sys_mappings;

static inline bool
sys_failed(long ret)
{
	return (unsigned long)ret > -4096UL;
}

long sys_call(long nr, long a, long b, long c, long d, long e, long f);
int sys_open(const char *path, int flags, int mode);
void sys_close(int fd);
long sys_read(int fd, void *buf, size_t len);
long sys_pread(int fd, void *buf, size_t len, uint64_t offset);
long sys_write(int fd, const void *buf, size_t len);

/* Fills *id from an open file, or from a path with symbolic links followed. Returns 0 or -errno. */
int sys_fstat(int fd, struct file_id *id);
int sys_stat(const char *path, struct file_id *id);
/* The same of a path that begins at an open directory. */
int sys_stat_at(int dir, const char *path, struct file_id *id);

/* May this process execute the file? With the system call that ld.so makes of this kind. */
bool sys_may_execute(const char *path);

/* Is the file mapped without a page cache? */
bool sys_is_dax(const char *path);

/* rename(2), of paths. Returns 0 or -errno. */
int sys_rename(const char *from, const char *to);

/* Returns the address, or -errno (test with sys_failed). */
long sys_mmap(uintptr_t addr, size_t len, int prot, int flags, int fd, uint64_t offset);
int sys_munmap(uintptr_t addr, size_t len);
int sys_mprotect(uintptr_t addr, size_t len, int prot);
long sys_readlink(const char *path, char *buf, size_t len);
long sys_getcwd(char *buf, size_t len);
int sys_getpid(void);
int sys_gettid(void);
void sys_futex_wait(uint32_t *word, uint32_t value);
void sys_futex_wake(uint32_t *word, int count);

/* Does /proc/self/status have this line (proc(5))? False also if it cannot be read. */
bool sys_status_says(const char *line);

/* Is this process neither traced nor under a seccomp filter? False also if it cannot be told. */
bool sys_is_left_alone(void);

/*
 * Is this process under a seccomp filter? Asked with no system call but those that ld.so makes, as
 * a filter may end the process for any other. True also if it cannot be told.
 */
bool sys_is_filtered(void);

/* A limit of this process (prlimit(2), RLIMIT_…). */
#define SYS_NO_LIMIT UINT64_MAX
uint64_t sys_limit(int resource);

/* Are address space or data limited so that what the loader takes of them may matter? */
bool sys_is_short_of_memory(void);

/* By how many filters are this process's system calls confined (seccomp(2))? -1: the kernel does
 * not say. */
long sys_filters(void);

/* Keep all signals from this thread; *was: for sys_restore_signals. Returns 0 or -errno. */
int sys_block_signals(uint64_t *was);
void sys_restore_signals(uint64_t was);

/* Has this process one thread only? False also if /proc does not tell. */
bool sys_is_alone(void);
uint64_t sys_clock_us(void);
int64_t sys_time(void); /* seconds since 1970 */
_Noreturn void sys_exit(int status);

/* Text for an error number as the C library words it, or NULL if it is none of the common ones. */
const char *sys_strerror(int err);

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *s, int c, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

static inline bool
streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* True if s begins with prefix. */
static inline bool
starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The part of path after its last slash. */
static inline const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

#endif
