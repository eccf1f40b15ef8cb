/* Looks at the loader's own at known addresses: read-only while any code of the program runs */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* mappings of plans, or of nothing beside them: does one end at an address that may be written? */
static int
writable(const char *when)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned long from, to, heap = 0;
	char prot[5];
	int bad = 0;
	/* the loader's heap is the first mapping of a plan; its stubs, 256 kB below it, are
	 * executable */
	while (fgets(line, sizeof line, f)) {
		if (!strstr(line, "/plans/") || sscanf(line, "%lx-%lx %4s", &from, &to, prot) != 3)
			continue;
		if (strstr(line, " 00001000 ")) {
			heap = from;
			bad |= prot[1] == 'w';
		}
	}
	fclose(f);
	printf("%s: heap %s, %s\n", when, heap ? "seen" : "none", bad ? "writable" : "sealed");
	return bad;
}
__attribute__((constructor)) static void
early(void)
{
	writable("constructor");
}
__attribute__((destructor)) static void
late(void)
{
	writable("destructor");
}
int
main(int argc, char **argv)
{
	void *handle = dlopen(argv[1], RTLD_NOW);
	writable("main");
	if (!handle || !dlsym(handle, "opened") || dlclose(handle))
		return 1;
	writable("after dlclose");
	return !dlopen("libm.so.6", RTLD_NOW) || dlsym(RTLD_DEFAULT, "no_such_symbol") != NULL;
}
