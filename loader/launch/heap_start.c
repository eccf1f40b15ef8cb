#include "launch/heap_start.h"

#include <linux/personality.h>

#define GAP \
	(1UL << 30) /* behind a program, the kernel begins the heap so far away at most (bytes) */
#define GRND_NONBLOCK 1

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* Is the heap where the kernel puts it without ASLR? Behind the loader (before Linux 6.10), or at
 * the beginning of the place for PIEs. */
static bool
looks_fixed(uintptr_t now)
{
	return now - (uintptr_t)&__ehdr_start < 2 * pmd_size() ||
	       (ARCH_PIE_BASE ? now - ARCH_PIE_BASE < 2 * page_size : true);
}

/* Is address space randomisation off, for this process or for all? Mostly the heap's place tells,
 * without a system call. */
static bool
is_fixed(uintptr_t now)
{
	char value = '0';
	int fd;

	if (!looks_fixed(now))
		return false;
	if (sys_call(__NR_personality, 0xffffffffL, 0, 0, 0, 0, 0) & ADDR_NO_RANDOMIZE)
		return true;
	fd = sys_open("/proc/sys/kernel/randomize_va_space", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd >= 0) {
		sys_read(fd, &value, 1);
		sys_close(fd);
	}
	return value == '0';
}

static uintptr_t
choose(const struct object *program, uintptr_t now)
{
	const uintptr_t loader = (uintptr_t)&__ehdr_start;
	uint64_t random, far;

	if (is_fixed(now) || sys_call(__NR_getrandom, (long)&random, sizeof(random), GRND_NONBLOCK,
				      0, 0, 0) != sizeof(random))
		return now;
	if (program->type == ET_EXEC)
		return program->end + random % (GAP / page_size) * page_size;
	far = random % (1UL << ARCH_PIE_BITS) * page_size;
	/* not where the loader and all that is mapped at random lies, if the heap is below it */
	return now < loader && far < loader - now - GAP ? now + far : now;
}

uintptr_t
heap_start(const struct object *program, uintptr_t now)
{
	static uintptr_t chosen;

	if (!chosen)
		chosen = choose(program, now);
	return chosen;
}
