/* hold READY FILE|- SAME ZERO OTHER: maps and touches FILE; SAME pages that every hold has, ZERO
 * pages of zeros, OTHER pages like nobody's. Without relocated pages of a C library, if it is
 * linked statically. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;

static void
fill(size_t pages, uint64_t seed, size_t page)
{
	uint64_t *p = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (getenv("MERGEABLE"))
		madvise(p, pages * page, MADV_MERGEABLE);
	madvise(p, pages * page, MADV_NOHUGEPAGE);
	state = seed;
	for (size_t i = 0; i < pages * page / 8; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		p[i] = seed ? state : 0;
	}
	mprotect(p, pages * page, PROT_NONE);
	mprotect(p, pages * page, PROT_READ);
}

int
main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char sum = 0;

	if (argc != 6)
		return 2;
	if (strcmp(argv[2], "-") != 0) {
		int fd = open(argv[2], O_RDONLY);
		struct stat st;
		char *p;

		if (fd < 0 || fstat(fd, &st) != 0)
			return 1;
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		for (size_t at = 0; at < (size_t)st.st_size; at += page)
			sum += p[at];
	}
	if (atoi(argv[3]))
		fill((size_t)atoi(argv[3]), 12345, page);
	if (atoi(argv[4]))
		fill((size_t)atoi(argv[4]), 0, page);
	if (atoi(argv[5]))
		fill((size_t)atoi(argv[5]), (uint64_t)getpid() << 20 | 1, page);
	close(open(argv[1], O_CREAT | O_WRONLY, 0666));
	for (;;)
		pause();
}
