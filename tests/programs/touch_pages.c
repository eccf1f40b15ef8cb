/* Reads some of its own pages, one of the library that is its argument, and others as a child and
 * as a program. With LIBRARY: that library. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#define PAGE(n) __attribute__((aligned(4096))) const char page##n[4096] = {1, n}
PAGE(0);
PAGE(1);
PAGE(2);
PAGE(3);
PAGE(4);
PAGE(5);
PAGE(6);
PAGE(7);
PAGE(8);
PAGE(9);
PAGE(10);
PAGE(11);
PAGE(12);
PAGE(13);
PAGE(14);
PAGE(15);
PAGE(16);
PAGE(17);
PAGE(18);
PAGE(19);
PAGE(20);
PAGE(21);
PAGE(22);
PAGE(23);
PAGE(24);
PAGE(25);
PAGE(26);
#ifndef LIBRARY
int
main(int argc, char **argv)
{
	volatile const char *own = page5, *childs = page13, *next = page21;
	void *library;

	if (argc > 1 && strcmp(argv[1], "next") == 0)
		return next[7] + 1;
	library = dlopen(argv[1], RTLD_NOW);
	if (library && *(volatile const char *)dlsym(library, "page9") != 1)
		return 9;
	if (library)
		dlclose(library);
	if (fork() == 0) {
		own = childs;
		_exit(own[7]);
	}
	wait(NULL);
	if (fork() == 0) {
		execl(argv[0], argv[0], "next", (char *)NULL);
		_exit(1);
	}
	wait(NULL);
	return own[7];
}
#endif
