// proves: initial-exec libraries are unloaded, and their place in static TLS is used again, with fresh content, by all threads
// only: x86_64 how much static TLS there is for late comers, and who takes it, is another on other CPUs
// build: libzero.so -shared -fPIC -DLIB -ftls-model=initial-exec -DZERO
// build: libdata.so -shared -fPIC -DLIB -ftls-model=initial-exec
// build: libmore.so -shared -fPIC -DLIB -ftls-model=initial-exec -DALIGN=64
// build: prog -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#ifdef LIB
#ifndef ALIGN
#define ALIGN 8
#endif
static int target;
#ifdef ZERO
static __thread unsigned char data[600] __attribute__((aligned(ALIGN)));
#else
static __thread unsigned char data[600] __attribute__((aligned(ALIGN))) = {[0 ... 300] = 7};
#endif
static __thread int *pointer = &target;
int use(void)
{
	int sum = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		sum += data[i];
	memset(data, 9, sizeof(data));
	return sum + (pointer == &target ? 100000 : 0) + ((long)data % ALIGN ? 1000000 : 0);
}
#else
static pthread_barrier_t barrier;
static int (*use)(void);
static void *late(void *arg) { return (void *)(long)use(); }
static void *early(void *arg)
{
	for (int i = 0; i < 12; i++) {
		pthread_barrier_wait(&barrier);
		if (use)
			((int *)arg)[i] = use();
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}
int main(void)
{
	static const char *names[] = {"./libdata.so", "./libzero.so", "./libmore.so"};
	int seen[12] = {0};
	pthread_t t, l;
	void *r, *h;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, early, seen);
	for (int i = 0; i < 12; i++) {
		h = dlopen(names[i % 3], RTLD_NOW);
		use = h ? (int (*)(void))dlsym(h, "use") : NULL;
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		if (!h) {
			puts(dlerror());
			continue;
		}
		pthread_create(&l, NULL, late, NULL);
		pthread_join(l, &r);
		printf("%d %ld %d ", use(), (long)r, seen[i]);
		dlclose(h);
		puts(dlopen(names[i % 3], RTLD_NOW | RTLD_NOLOAD) ? "still there" : "gone");
	}
	pthread_join(t, NULL);
	return 0;
}
#endif
