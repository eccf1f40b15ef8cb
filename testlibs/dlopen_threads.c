// proves: dlopen, dlsym and dlclose in many threads at once; dl_iterate_phdr meanwhile
// build: lib0.so -shared -fPIC -DLIB=0
// build: lib1.so -shared -fPIC -DLIB=1
// build: lib2.so -shared -fPIC -DLIB=2
// build: prog -pthread
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
__thread int t = LIB;
int id(void) { return t; }
#else
static int count(struct dl_phdr_info *i, size_t s, void *d) { ++*(int *)d; return 0; }
static void *run(void *arg)
{
	char name[20];
	long bad = 0;
	for (int i = 0; i < 200; i++) {
		int n = 0;
		sprintf(name, "./lib%d.so", (i + (int)(long)arg) % 3);
		void *h = dlopen(name, RTLD_NOW);
		int (*id)(void) = h ? (int (*)(void))dlsym(h, "id") : NULL;
		bad += !id || id() != (i + (int)(long)arg) % 3;
		dl_iterate_phdr(count, &n);
		bad += n < 3;
		dlclose(h);
	}
	return (void *)bad;
}
int main(void)
{
	pthread_t t[6];
	void *r;
	for (long i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, run, (void *)i);
	for (int i = 0; i < 6; i++) {
		pthread_join(t[i], &r);
		printf("%ld\n", (long)r);
	}
	return 0;
}
#endif
