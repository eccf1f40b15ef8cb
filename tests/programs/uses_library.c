/* A thread that uses a library, and a copy relocation; with "wait" it stays. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
extern int shown;
int sum(void);
static const char *names[2] = {"ready", "done"};
static void *
run(void *p)
{
	*(int *)p = sum() + shown;
	return 0;
}
int
main(int argc, char **argv)
{
	pthread_t t;
	int n = 0;
	pthread_create(&t, 0, run, &n);
	pthread_join(t, 0);
	shown = 7;
	printf("%s %d %d\n", names[0], n, sum());
	fflush(stdout);
	if (argc > 1 && strcmp(argv[1], "wait") == 0)
		pause();
	return 3;
}
