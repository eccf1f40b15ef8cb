// proves: local-exec, initial-exec, general- and local-dynamic, relocated initial data, in every thread
// build: libg.so -shared -fPIC -DLIB -ftls-model=global-dynamic
// build: libi.so -shared -fPIC -DLIB2 -ftls-model=initial-exec
// build: prog -pthread -Wl,-rpath,'$ORIGIN' libg.so libi.so
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
__thread int g = 3;
static __thread int l1 = 4, l2 = 5;
static int target = 6;
__thread int *pointer = &target;
int lib_sum(void) { l1++; return g + l1 + l2 + *pointer; }
#elif defined LIB2
__thread long i = 100;
__thread char zero[50];
int ie_sum(void) { i++; return (int)i + zero[49]; }
#else
extern __thread int g;
extern __thread long i;
int lib_sum(void), ie_sum(void);
static __thread int local = 1;
static __thread char big[3000];
static void *run(void *arg)
{
	local += 10;
	g++;
	big[2999] = 1;
	return (void *)(long)(local + lib_sum() + ie_sum() + (int)i + big[2999] + big[0]);
}
int main(void)
{
	pthread_t t[4];
	void *r;
	for (int n = 0; n < 4; n++)
		pthread_create(&t[n], NULL, run, NULL);
	for (int n = 0; n < 4; n++) {
		pthread_join(t[n], &r);
		printf("%ld\n", (long)r);
	}
	printf("%ld\n", (long)run(NULL));
	return 0;
}
#endif
