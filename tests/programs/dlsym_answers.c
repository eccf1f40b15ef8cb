/* What asks_dlsym.c found; with an argument, whether a library that nobody uses has pages that were
 * touched. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern void *found[5], *table;
void ask_all(void);
int
main(int argc, char **argv)
{
	char line[4096];
	int in = 0, n;
	FILE *f = fopen("/proc/self/smaps", "r");
	while (argc > 1 && fgets(line, sizeof line, f)) {
		if (strstr(line, "/libidle.so"))
			in = 1;
		else if (strchr(line, '/'))
			in = 0;
		if (in && sscanf(line, "Rss: %d", &n) == 1 && n)
			return 1;
	}
	if (argc > 1)
		return 0;
	printf("%d %d %d %d %d\n", !!found[0], found[1] == &table || getenv("ASK"),
	       found[2] == getenv, found[3] == main, !!found[4]);
	if (!dlopen("./late.so", RTLD_NOW | RTLD_GLOBAL))
		return 1;
	ask_all();
	printf("%d\n", !!found[0]);
	return 0;
}
