/* many-processes N: N children that wait, each with some memory of its own. Prints "ready". */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int n = argc == 2 ? atoi(argv[1]) : 0;
	char *memory = malloc(1 << 20);

	if (n <= 0 || !memory)
		return 2;
	memset(memory, 1, 1 << 20);
	for (int i = 0; i < n; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		memset(memory, 2, (size_t)(i % 8) << 14);
		for (;;)
			pause();
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
