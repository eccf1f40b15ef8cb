// proves: a dlopened library's thread-locals in threads that already run; freed when threads end
// build: libt.so -shared -fPIC -DLIB
// build: prog -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#ifdef LIB
__thread int counter = 70;
__thread char block[65536];
int bump(void) { memset(block, 1, sizeof(block)); return ++counter + block[65535]; }
#else
static pthread_barrier_t barrier;
static int (*bump)(void);
static void *early(void *arg)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	bump();
	return (void *)(long)bump();
}
static void *late(void *arg) { return (void *)(long)bump(); }
static long resident(void)
{
	long a, b;
	FILE *f = fopen("/proc/self/statm", "r");
	if (fscanf(f, "%ld %ld", &a, &b) != 2)
		b = 0;
	fclose(f);
	return b;
}
int main(void)
{
	pthread_t t[3];
	void *r;
	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, early, NULL);
	pthread_barrier_wait(&barrier);
	bump = (int (*)(void))dlsym(dlopen("./libt.so", RTLD_NOW), "bump");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &r);
		printf("%ld\n", (long)r);
	}
	long before = resident();
	for (int i = 0; i < 500; i++) {
		pthread_create(&t[0], NULL, late, NULL);
		pthread_join(t[0], &r);
	}
	printf("%ld %s\n", (long)r, resident() - before < 1000 ? "bounded" : "leaks");
	return 0;
}
#endif
