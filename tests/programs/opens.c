/* prog [-g] [-l] [-m] FILE...: opens each, calls its value(), prints it; -g: RTLD_GLOBAL, -l not;
 * -m: says where `table` is mapped from. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
static int maps, mode = RTLD_NOW;
static const char *
class_of(void *p)
{
	static char line[4096];
	FILE *f = fopen("/proc/self/maps", "r");
	const char *class = "nowhere";
	while (fgets(line, sizeof line, f)) {
		unsigned long a, b;
		sscanf(line, "%lx-%lx", &a, &b);
		if ((unsigned long)p < a || (unsigned long)p >= b)
			continue;
		class = strstr(line, "/relocated/") ? "relocated"
			: strstr(line, "/plans/")   ? "program"
						    : "private";
	}
	fclose(f);
	return class;
}
static void *
in_thread(void *value)
{
	return (void *)(long)((int (*)(void))value)();
}
int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-m")) {
			maps = 1;
			continue;
		}
		if (!strcmp(argv[i], "-g")) {
			mode = RTLD_NOW | RTLD_GLOBAL;
			continue;
		}
		if (!strcmp(argv[i], "-l")) {
			mode = RTLD_NOW;
			continue;
		}
		void *h = dlopen(argv[i], mode), *r;
		if (!h) {
			printf("%s\n", dlerror());
			continue;
		}
		int (*value)(void) = (int (*)(void))dlsym(h, "value");
		pthread_t t;
		pthread_create(&t, 0, in_thread, (void *)value);
		pthread_join(t, &r);
		printf("%s %d %ld", argv[i], value(), (long)r);
		if (maps)
			printf(" %s", class_of(dlsym(h, "table")));
		printf("\n");
	}
	return 0;
}
