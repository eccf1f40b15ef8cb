// proves: cancellation and cleanup handlers in a C program that has no unwinder of its own
// build: prog -pthread -fexceptions
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void cleanup(void *arg) { printf("cleanup %s\n", (char *)arg); }
static void *run(void *arg)
{
	pthread_cleanup_push(cleanup, "handler");
	for (;;)
		pause();
	pthread_cleanup_pop(0);
	return NULL;
}
int main(void)
{
	pthread_t t;
	void *r;
	pthread_create(&t, NULL, run, NULL);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("%d\n", r == PTHREAD_CANCELED);
	return 0;
}
