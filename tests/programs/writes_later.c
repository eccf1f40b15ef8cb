/* Writes to one page before it says "ready", and to another after SIGUSR1. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((aligned(4096))) int early[1024] = {1}, late[1024] = {2};
static volatile sig_atomic_t told;
static void
tell(int s)
{
	(void)s;
	told = 1;
}
int
main(void)
{
	signal(SIGUSR1, tell);
	early[0]++;
	puts("ready");
	fflush(stdout);
	while (!told)
		pause();
	late[7] = 9;
	puts("written");
	fflush(stdout);
	for (;;)
		pause();
}
