/* A library whose constructor writes to those pages. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "init_pages.h"
struct page pages[PAGES] = {[0 ... PAGES - 1] = {.first = 1}};
volatile int ticking;
static void *
tick(void *p)
{
	while (ticking >= 0) {
		ticking++;
		((volatile struct page *)p)->rest[7]++;
	}
	return p;
}
__attribute__((constructor)) static void
begin(void)
{
	pthread_t t;
	for (int i = 0; i < UNTOUCHED; i++) {
		/* what a constructor must find: as the file has it */
		if (pages[i].first != 1 || pages[i].number || pages[i].self)
			abort();
		pages[i].first = 2, pages[i].number = i, pages[i].self = &pages[i].number;
	}
	pages[RANDOM].rest[0] = getpid();
	pages[CHANGED].rest[0] = getenv("CHANGE") != NULL;
	mprotect(&pages[CLOSED], 4096, PROT_NONE);
	mprotect(&pages[READ_ONLY], 4096, PROT_READ);
	struct page copy = pages[REPLACED];
	mmap(&pages[REPLACED], 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS,
	     -1, 0);
	pages[REPLACED] = copy;
	if (getenv("CLOSE_MORE"))
		mprotect(&pages[3], 4096, PROT_NONE);
	if (getenv("REPLACE_MORE")) {
		copy = pages[4];
		mmap(&pages[4], 4096, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pages[4] = copy;
	}
	if (getenv("THREAD"))
		pthread_create(&t, NULL, tick, &pages[5]);
}
