// proves: musl: constructors, destructors, stdout and environ copies, vectors, exit status
// with: musl-gcc
// build: prog
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
extern char **environ;
extern char _start[];
__attribute__((constructor)) static void up(void) { puts("up"); }
__attribute__((destructor)) static void down(void) { puts("down"); }
int main(int argc, char **argv)
{
	fprintf(stderr, "err\n");
	fprintf(stdout, "%d %d %d\n", argc, environ && environ[0], getauxval(AT_ENTRY) == (unsigned long)_start);
	return argc + 4;
}
