// proves: musl: dlopen, dlsym, dlclose, dlerror, dladdr, thread-locals of a dlopened library
// with: musl-gcc
// build: libd.so -shared -fPIC -DLIB
// build: prog -rdynamic -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
__thread int t = 20;
__attribute__((constructor)) static void up(void) { puts("lib up"); }
int back(void);
int f(void) { return ++t + back(); }
#else
int back(void) { return 100; }
static int (*f)(void);
static void *run(void *a) { return (void *)(long)f(); }
int main(void)
{
	pthread_t t;
	void *r;
	Dl_info i;
	void *h = dlopen("./libd.so", RTLD_NOW);
	f = (int (*)(void))dlsym(h, "f");
	printf("%d %d\n", f(), f());
	pthread_create(&t, 0, run, 0);
	pthread_join(t, &r);
	printf("%ld\n", (long)r);
	int found = dladdr((void *)f, &i);
	printf("%d %s\n", found, i.dli_sname);
	printf("%d %d\n", dlopen("./none.so", RTLD_NOW) == NULL, dlerror() != NULL);
	return 0;
}
#endif
