/* Prints how many of the first pages are its own, which of the others (o), and what is wrong. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "init_pages.h"
static char
kind(void *at)
{
	uint64_t word = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	if (pread(fd, &word, 8, (off_t)((uintptr_t)at / 4096 * 8)) != 8)
		exit(9);
	close(fd);
	return word >> 63 && !(word >> 61 & 1) ? 'o' : '.';
}
static int
can(int fd, int writing, struct page *p)
{
	return (writing ? read(fd, &p->rest[99], 1) : write(fd, p, 1)) == 1;
}
int
main(int argc, char **argv)
{
	int own = 0, wrong = 0, zero = open("/dev/zero", O_RDONLY), out[2];
	char kinds[LAST + 1 - ALIKE] = "";
	/* many threads of nobody's: only that it goes on */
	if (getenv("THREAD"))
		for (int before = ticking; ticking == before || ticking < 9;)
			;
	for (int i = 0; i < ALIKE; i++)
		own += kind(&pages[i]) == 'o';
	for (int i = ALIKE; i < LAST; i++)
		kinds[i - ALIKE] = kind(&pages[i]);
	if (pipe(out))
		return 8;
	for (int i = 0; i < UNTOUCHED; i++) {
		int closed = i == CLOSED || (i == 3 && getenv("CLOSE_MORE"));
		wrong += can(out[1], 0, &pages[i]) == closed;
		wrong += can(zero, 1, &pages[i]) == (closed || i == READ_ONLY);
		wrong += !closed && (pages[i].first != 2 || pages[i].number != i ||
				     pages[i].self != &pages[i].number);
	}
	wrong += pages[RANDOM].rest[0] != getpid() ||
		 pages[CHANGED].rest[0] != (getenv("CHANGE") != NULL);
	wrong += pages[UNTOUCHED].first != 1;
	/* what a child writes to shared memory is seen, to its own is not */
	if (fork() == 0)
		pages[0].first = 7, pages[REPLACED].rest[1] = 7, _exit(0);
	wait(NULL);
	wrong += pages[0].first != 2 || pages[REPLACED].rest[1] != 7;
	printf("%d own, %s, %d wrong\n", own, kinds, wrong);
	return argc > 1 ? atoi(argv[1]) : 0;
}
