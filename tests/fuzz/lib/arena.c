/*
 * The system calls of elf/, made of memory: one file, and an arena that it is mapped into.
 *
 * A fuzzer with real mappings does some thousand inputs a second, with these ten times as many. The
 * sanitizer is told what is mapped, to the page; a fixed mapping over what was not reserved is a
 * fault of the loader's, and ends the run.
 */
#include "arena.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/sys.h"

uintptr_t page_size = 4096;
unsigned long sys_mappings;

static struct {
	const uint8_t *bytes;
	size_t size;
} file;

static uint8_t *arena;
static enum page { FREE, MAPPED, NO_FILE } pages[ARENA_SIZE / 4096]; /* NO_FILE: SIGBUS */
static size_t used; /* bytes from the arena's beginning that may be mapped */

void
arena_begin(const void *bytes, size_t size)
{
	file.bytes = bytes;
	file.size = size;
	if (!arena) {
		arena = mmap((void *)ARENA_AT, ARENA_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (arena != (void *)ARENA_AT)
			abort();
		used = ARENA_SIZE;
	}
	__asan_unpoison_memory_region(arena, used);
	memset(pages, 0, sizeof(pages));
	used = 0;
	__asan_poison_memory_region(arena, ARENA_SIZE);
}

static bool
is_inside(uintptr_t at, size_t size)
{
	return at >= ARENA_AT && size <= ARENA_SIZE && at - ARENA_AT <= ARENA_SIZE - size;
}

/* The first address where so much is free: behind all that was mapped. */
static uintptr_t
choose(size_t size)
{
	return size <= ARENA_SIZE - used ? ARENA_AT + used : 0;
}

static enum page *
page_of(uintptr_t at)
{
	return &pages[(at - ARENA_AT) / 4096];
}

static bool
is_all(uintptr_t at, size_t size, bool mapped)
{
	for (const enum page *p = page_of(at); p < page_of(at) + size / 4096; p++)
		if ((*p != FREE) != mapped)
			return false;
	return true;
}

/* Tell the sanitizer which bytes may be used. */
static void
protect(uintptr_t at, size_t size, int prot)
{
	for (size_t i = 0; i < size; i += 4096)
		if (prot == SYS_PROT_NONE || *page_of(at + i) != MAPPED)
			__asan_poison_memory_region((void *)(at + i), 4096);
		else
			__asan_unpoison_memory_region((void *)(at + i), 4096);
}

static void
fill(uintptr_t at, size_t size, int fd, uint64_t offset)
{
	size_t from_file = 0;

	__asan_unpoison_memory_region((void *)at, size);
	if (fd == ARENA_FILE && offset < file.size)
		from_file = file.size - offset < size ? file.size - offset : size;
	if (from_file)
		memcpy((void *)at, file.bytes + offset, from_file);
	memset((void *)(at + from_file), 0, size - from_file);
	for (size_t i = 0; i < size; i += 4096)
		*page_of(at + i) = fd == ARENA_FILE && i >= from_file ? NO_FILE : MAPPED;
}

long
sys_mmap(uintptr_t at, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	size_t size = PAGE_ALIGN_UP(len);
	bool replace = flags & SYS_MAP_FIXED;

	if (len == 0 || size < len || (offset & (page_size - 1)))
		return -22;
	if (!at)
		at = choose(size);
	if (at & (page_size - 1))
		return -22;
	if (!at || !is_inside(at, size))
		return replace ? (abort(), 0) : -12;
	if (!is_all(at, size, replace))
		return replace ? (abort(), 0) : -17;
	if (at - ARENA_AT + size > used)
		used = at - ARENA_AT + size;
	fill(at, size, fd, offset);
	protect(at, size, prot);
	return (long)at;
}

int
sys_munmap(uintptr_t at, size_t len)
{
	size_t size = PAGE_ALIGN_UP(len);

	if ((at & (page_size - 1)) || !is_inside(at, size) || !is_all(at, size, true))
		abort();
	memset(page_of(at), 0, size / 4096 * sizeof(*pages));
	protect(at, size, SYS_PROT_NONE);
	return 0;
}

int
sys_mprotect(uintptr_t at, size_t len, int prot)
{
	size_t size = PAGE_ALIGN_UP(len);

	if ((at & (page_size - 1)) || !is_inside(at, size) || !is_all(at, size, true))
		return -12;
	protect(at, size, prot);
	return 0;
}

int
sys_fstat(int fd, struct file_id *id)
{
	*id = (struct file_id){.ino = 1, .size = (int64_t)file.size, .mode = 0100644};
	return fd == ARENA_FILE ? 0 : -9;
}

long
sys_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	size_t n = offset < file.size ? file.size - offset : 0;

	if (fd != ARENA_FILE)
		return -9;
	n = n < len ? n : len;
	if (n)
		memcpy(buf, file.bytes + offset, n);
	return (long)n;
}

/* message.c prints with these, heap.c is not there */
long
sys_write(int fd, const void *buf, size_t len)
{
	(void)fd, (void)buf;
	return (long)len;
}

_Noreturn void
sys_exit(int status)
{
	(void)status;
	abort();
}

const char *
sys_strerror(int err)
{
	(void)err;
	return "error";
}
