/*
 * memory_kinds KIND: a process whose memory is of one unusual kind, for tests of what shmstat
 * counts. Prints "ready" when the memory is there, or "cannot: WHY", and waits to be killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

#define MIB (1UL << 20)

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static void
cannot(const char *what)
{
	printf("cannot: %s: %s\n", what, strerror(errno));
	exit(0);
}

static char *
map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		cannot("mmap");
	return p;
}

/* Every page with other content. */
static void
fill(char *p, size_t size)
{
	for (size_t i = 0; i < size; i += 4096)
		snprintf(p + i, 32, "page %zu of %d", i, (int)getpid());
}

static void
huge_tlb(void)
{
	char *p = map(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);

	fill(p, 2 * MIB);
}

static void
huge_transparent(void)
{
	char *p = map(8 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, 8 * MIB, MADV_HUGEPAGE);
	fill(p, 6 * MIB);
	/* the page before the last becomes small pages again, and one of them goes */
	p = (char *)(((unsigned long)p + 2 * MIB) & ~(2 * MIB - 1));
	madvise(p + 4096, 4096, MADV_DONTNEED);
}

/* Pages alike, for the kernel to merge: the test waits until it has. */
static void
same_pages(void)
{
	char *p = map(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 0; i < 4 * MIB; i += 4096)
		memset(p + i, 0x5a, 4096);
	if (madvise(p, 4 * MIB, MADV_MERGEABLE) != 0)
		cannot("MADV_MERGEABLE");
}

static void
shared_memory(void)
{
	char *p = map(MIB, MAP_SHARED | MAP_ANONYMOUS, -1);
	int fd = memfd_create("kinds", 0), id = shmget(IPC_PRIVATE, MIB, 0600);

	fill(p, MIB / 2);
	if (fd < 0 || ftruncate(fd, (off_t)MIB) != 0 || id < 0)
		cannot("memfd_create, shmget");
	fill(map(MIB, MAP_SHARED, fd), MIB / 4);
	p = map(MIB, MAP_PRIVATE, fd); /* some of its pages are copied, some not */
	fill(p + MIB / 8, MIB / 4);
	p = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	if (p == (char *)-1)
		cannot("shmat");
	fill(p, MIB / 8);
}

/* A parent whose memory a child shares, half of it since written to. */
static void
forked(void)
{
	char *p = map(2 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	fill(p, 2 * MIB);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	fill(p, MIB);
}

static void
zero_pages(void)
{
	char *p = map(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	volatile char sum = 0;

	for (size_t i = 0; i < 4 * MIB; i += 4096)
		sum += p[i];
	fill(p + MIB, MIB);
	/* far more address space than memory */
	p = mmap(NULL, 1UL << 44, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		cannot("mmap of 16 TiB");
	mprotect(p + (1UL << 43), MIB, PROT_READ | PROT_WRITE);
	fill(p + (1UL << 43), MIB / 2);
}

/*
 * A file mapped three times, read-only in the end, of which the second one in the address space has
 * copies where nothing in maps tells of them, and the others have the file's pages.
 */
static void
sealed_copies(void)
{
	char name[] = "/tmp/memory-kinds-XXXXXX";
	int fd = mkstemp(name);
	volatile char sum = 0;
	char *place;

	if (fd < 0)
		cannot(name);
	unlink(name);
	if (ftruncate(fd, 64 * 4096) != 0)
		cannot("ftruncate");
	place = map(3 * 128 * 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	munmap(place, 3 * 128 * 4096);
	for (int i = 0; i < 3; i++) {
		char *p = place + i * 128 * 4096;

		if (mmap(p, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) != p)
			cannot("mmap");
		for (int k = 0; k < 64; k++)
			sum += p[k * 4096];
		if (i == 1)
			fill(p, 16 * 4096);
		mprotect(p, 64 * 4096, PROT_READ);
	}
}

/* A file that was just written: its pages are dirty, and nobody's copies. */
static void
fresh_file(void)
{
	char name[] = "/tmp/memory-kinds-XXXXXX", text[4096];
	int fd = mkstemp(name);
	volatile char sum = 0;
	char *p;

	if (fd < 0)
		cannot(name);
	unlink(name);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 64; i++)
		if (write(fd, text, sizeof(text)) != sizeof(text))
			cannot("write");
	p = map(64 * 4096, MAP_PRIVATE, fd);
	for (int i = 0; i < 64; i++)
		sum += p[i * 4096];
	fill(p, 16 * 4096); /* of them, 16 copied */
	p = map(64 * 4096, MAP_SHARED, fd);
	fill(p + 32 * 4096, 8 * 4096);
}

static void
swapped(void)
{
	char *p = map(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	fill(p, 4 * MIB);
	if (madvise(p, 3 * MIB, MADV_PAGEOUT) != 0)
		cannot("MADV_PAGEOUT");
}

static void *
live_on(void *memory)
{
	fill(memory, 3 * MIB);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
	return NULL;
}

/* The first thread has ended, another lives: /proc/PID shows a zombie without memory. */
static void
first_ended(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, live_on, map(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1)))
		cannot("pthread_create");
	pthread_exit(NULL);
}

/* Guard pages inside a mapping: no memory, though pagemap calls them swapped. */
static void
guarded(void)
{
	char *p = map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	fill(p, MIB / 2);
	if (madvise(p + MIB / 4, 16 * 4096, MADV_GUARD_INSTALL) != 0)
		cannot("MADV_GUARD_INSTALL");
}

/* As many mappings as the kernel allows (vm.max_map_count), every second one with memory. */
static void
many_mappings(void)
{
	size_t count = 65400;
	char *p = map((count + 1) * 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 0; i < count; i += 2) {
		p[i * 4096] = 1;
		if (mprotect(p + i * 4096, 4096, PROT_READ) != 0)
			break; /* the limit */
	}
}

static const struct kind {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{"huge_tlb", huge_tlb},
	{"huge_transparent", huge_transparent},
	{"same_pages", same_pages},
	{"shared_memory", shared_memory},
	{"forked", forked},
	{"zero_pages", zero_pages},
	{"fresh_file", fresh_file},
	{"swapped", swapped},
	{"sealed_copies", sealed_copies},
	{"guarded", guarded},
	{"first_ended", first_ended},
	{"many_mappings", many_mappings},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		kinds[i].make();
		puts("ready");
		fflush(stdout);
		for (;;)
			pause();
	}
	fputs("usage: memory_kinds KIND\n", stderr);
	return 2;
}
