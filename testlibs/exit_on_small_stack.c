// proves: a thread of the smallest stack can be cancelled and can exit, and can open a library (what libc opens then takes no more stack than ld.so does)
// build: liblate.so -shared -fPIC -DLATE -lm
// build: prog -pthread -Wl,-rpath,'$ORIGIN'
#ifdef LATE
#include <math.h>
double late(double x) { return floor(x) + 1; }
#else
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *leave(void *x) { pthread_exit(x); }
static void *wait_for_it(void *x) { for (;;) pause(); return x; }
/* when nothing but this much is left */
#define LEFT 6000
static void *opens(void *x)
{
	pthread_attr_t a;
	void *low;
	size_t size;
	pthread_getattr_np(pthread_self(), &a);
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	volatile char *rest = __builtin_alloca((char *)__builtin_frame_address(0) - (char *)low - LEFT);
	rest[0] = 1;
	void *h = dlopen(x, RTLD_NOW);
	return h ? dlsym(h, "late") : NULL;
}
int main(void)
{
	pthread_attr_t a;
	pthread_t t;
	void *r;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, sysconf(_SC_THREAD_STACK_MIN));
	pthread_create(&t, &a, leave, "left");
	pthread_join(t, &r);
	puts(r);
	pthread_create(&t, &a, wait_for_it, NULL);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("%d\n", r == PTHREAD_CANCELED);
	pthread_attr_setstacksize(&a, 65536);
	pthread_create(&t, &a, opens, "liblate.so");
	pthread_join(t, &r);
	printf("%d\n", r != NULL);
	return 0;
}
#endif
