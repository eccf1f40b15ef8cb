// proves: a dlopened initial-exec library with initial data, in threads that already run
// build: libie.so -shared -fPIC -DLIB -ftls-model=initial-exec
// build: prog -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
__thread int v = 33;
__thread long w;
int get(void) { return v++ + (int)w; }
#else
static pthread_barrier_t barrier;
static int (*get)(void);
static void *late(void *arg) { return (void *)(long)get(); }
static void *run(void *arg)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return (void *)(long)get();
}
int main(void)
{
	pthread_t t;
	void *r, *h;
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, run, NULL);
	pthread_barrier_wait(&barrier);
	h = dlopen("./libie.so", RTLD_NOW);
	if (!h) { puts(dlerror()); return 1; }
	get = (int (*)(void))dlsym(h, "get");
	pthread_barrier_wait(&barrier);
	pthread_join(t, &r);
	printf("%ld %d\n", (long)r, get());
	pthread_create(&t, NULL, late, NULL);
	pthread_join(t, &r);
	printf("%d\n", (int)(long)r);
	return 0;
}
#endif
