// proves: thread-local variables aligned up to a page, in program and library, in threads
// build: liba.so -shared -fPIC -DLIB
// build: prog -pthread -Wl,-rpath,'$ORIGIN' liba.so
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#ifdef LIB
__thread char lib_page[4096] __attribute__((aligned(1024))) = "lib";
char *lib_address(void) { return lib_page; }
#else
char *lib_address(void);
static __thread char page[100] __attribute__((aligned(4096))) = "own";
static __thread char odd = 'o';
static void *run(void *arg)
{
	printf("%d %d %s %s %c\n", (int)((uintptr_t)page % 4096), (int)((uintptr_t)lib_address() % 1024), page, lib_address(), odd);
	return NULL;
}
int main(void)
{
	pthread_t t;
	run(NULL);
	pthread_create(&t, NULL, run, NULL);
	pthread_join(t, NULL);
	return 0;
}
#endif
