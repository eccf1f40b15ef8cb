// proves: a cancelled thread and pthread_exit run C++ destructors (libc brings its own unwinder)
// build: prog -pthread
#include <cstdio>
#include <pthread.h>
#include <unistd.h>
struct guard { const char *n; ~guard() { printf("~%s\n", n); } };
static pthread_barrier_t barrier;
static void *sleeper(void *) { guard g{"cancelled"}; pthread_barrier_wait(&barrier); for (;;) pause(); }
static void *leaver(void *) { guard g{"exited"}; pthread_exit(nullptr); }
int main()
{
	pthread_t t;
	void *r;
	pthread_barrier_init(&barrier, nullptr, 2);
	pthread_create(&t, nullptr, sleeper, nullptr);
	pthread_barrier_wait(&barrier);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("%d\n", r == PTHREAD_CANCELED);
	pthread_create(&t, nullptr, leaver, nullptr);
	pthread_join(t, &r);
	try { throw 5; } catch (int n) { printf("%d\n", n); }
	return 0;
}
