/* Threads that add up */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static __thread long sum;
static void *
run(void *n)
{
	for (long i = 0; i <= (long)n; i++)
		sum += i;
	return (void *)sum;
}
int
main(void)
{
	pthread_t t[4];
	void *r;
	long total = 0;
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, run, (void *)(100 * i));
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		total += (long)r;
	}
	printf("%ld\n", total);
	fflush(stdout);
	pause();
	return 0;
}
