/* Eight threads, each with two calls into libraries and a TLS variable of one of them; sleeps for
 * its argument, ends with 3. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int twice(int);
static void *
run(void *n)
{
	return (void *)(long)twice((int)(long)n);
}
int
main(int argc, char **argv)
{
	pthread_t t[8];
	long sum = 0;
	void *r;

	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], 0, run, (void *)i);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	printf("%ld ready\n", sum);
	fflush(stdout);
	if (argc > 1)
		sleep(atoi(argv[1]));
	return 3;
}
