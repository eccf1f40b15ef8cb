// proves: musl: threads, thread-locals of program and libraries, initial data
// with: musl-gcc
// build: libg.so -shared -fPIC -DLIB
// build: prog -pthread -Wl,-rpath,'$ORIGIN' libg.so
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
static int target = 6;
__thread int *pointer = &target, g = 3;
int sum(void) { return ++g + *pointer; }
#else
extern __thread int g;
int sum(void);
static __thread int own = 1;
static void *run(void *a) { own++; return (void *)(long)(own + sum() + g); }
int main(void)
{
	pthread_t t[3];
	void *r;
	for (int i = 0; i < 3; i++) { pthread_create(&t[i], 0, run, 0); pthread_join(t[i], &r); printf("%ld\n", (long)r); }
	printf("%ld\n", (long)run(0));
	return 0;
}
#endif
