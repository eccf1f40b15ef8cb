/*
 * churn: a process that never holds still, for whoever reads it: mappings come, go and change,
 * children are born and die, and it executes itself anew. Prints "ready" once.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void
stir(unsigned seed)
{
	char *p[16];

	for (int i = 0; i < 16; i++) {
		p[i] = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
		if (p[i] != MAP_FAILED)
			memset(p[i], (int)seed, (size_t)(i + 1) << 12);
	}
	for (int i = 0; i < 16; i += 2)
		mprotect(p[i] + 4096, 4096, PROT_READ);
	for (int i = 0; i < 16; i++)
		munmap(p[i], 1 << 16);
}

int
main(int argc, char **argv)
{
	char *again[] = {argv[0], (char *)"more", NULL};

	if (argc < 2) {
		puts("ready");
		fflush(stdout);
	}
	for (unsigned i = 0; i < 300; i++) {
		pid_t child = fork();

		if (child == 0) {
			stir(i);
			_exit(0);
		}
		stir(i);
		if (child > 0)
			waitpid(child, NULL, 0);
	}
	execv("/proc/self/exe", again);
	return 1;
}
