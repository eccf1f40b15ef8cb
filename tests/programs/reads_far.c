/* 24 blocks of constants, farther apart than the pages that one page fault brings in. A constructor
 * reads each, and counts the page faults. With ASK it also asks dlsym for what nobody has, with
 * PAGES it writes the same to some pages. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/resource.h>
static const __attribute__((aligned(65536))) char far[24][65536] = {[0 ... 23] = {1}};
long faults;
int sum;
static long
count(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}
__attribute__((constructor)) static void
begin(void)
{
	long before = count();
	for (int i = 0; i < 24; i++)
		sum += *(volatile const char *)far[i];
	faults = count() - before;
#ifdef ASK
	if (dlsym(RTLD_DEFAULT, "nobody_has_this"))
		sum = 99;
#endif
#ifdef PAGES /* the same is written to these pages each time */
	static struct {
		long first, rest[511];
	} pages[12] __attribute__((aligned(4096))) = {[0 ... 11] = {1}};
	for (int i = 0; i < 12; i++)
		pages[i].rest[0] = i + 1;
#endif
}
