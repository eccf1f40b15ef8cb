/* What each function of dlfcn.h answers, and what dlerror says then */
#define _GNU_SOURCE
#define dlmopen dlmopen_declared
#include <dlfcn.h>
#include <link.h>
#undef dlmopen
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *last;
static void
tell(const char *what, void *p)
{
	const char *e = dlerror();

	printf("%s: %s, %s\n", what, p ? "yes" : "no", e ? e : "no error");
	e = dlerror();
	if (e)
		printf("again: %s\n", e);
}
int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		const char *c = argv[i];

		if (!strcmp(c, "open")) {
			void *h = dlopen(argv[i + 2], (int)strtol(argv[i + 1], NULL, 0));

			tell(c, h);
			last = h ? h : last;
			i += 2;
		} else if (!strcmp(c, "mopen")) {
			/* not by name: a program that refers to it is left to the kernel */
			void *(*dlmopen)(long, const char *, int);
			dlmopen =
				(void *(*)(long, const char *, int))dlsym(RTLD_DEFAULT, "dlmopen");
			void *h = dlmopen(atol(argv[i + 1]),
					  strcmp(argv[i + 2], "-") ? argv[i + 2] : NULL, RTLD_NOW);
			tell(c, h);
			i += 2;
		} else if (!strcmp(c, "sym")) {
			tell(c, dlsym(last, argv[++i]));
		} else if (!strcmp(c, "default")) {
			tell(c, dlsym(RTLD_DEFAULT, argv[++i]));
		} else if (!strcmp(c, "next")) {
			tell(c, dlsym(RTLD_NEXT, argv[++i]));
		} else if (!strcmp(c, "main")) {
			tell(c, dlsym(dlopen(NULL, RTLD_NOW), argv[++i]));
		} else if (!strcmp(c, "vsym")) {
			tell(c, dlvsym(last, argv[i + 1], argv[i + 2]));
			i += 2;
		} else if (!strcmp(c, "close")) {
			printf("%d ", dlclose(last));
			tell(c, NULL);
		} else if (!strcmp(c, "info")) {
			static char buffer[1 << 16];
			printf("%d ", dlinfo(last, atoi(argv[++i]), buffer));
			tell(c, NULL);
		} else if (!strcmp(c, "call")) {
			((void (*)(void))dlsym(last, argv[++i]))();
		}
	}
	return 3;
}
