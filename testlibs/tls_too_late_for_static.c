// proves: initial-exec access to variables that a thread has elsewhere is refused; where none has, all ways lead to one variable
// only: x86_64 AArch64's compilers use descriptors, for which ld.so places a module statically where it can
// build: libv.so -shared -fPIC -DV
// build: libw.so -shared -fPIC -DV
// build: libie.so -shared -fPIC -DIE libv.so -Wl,-rpath,'$ORIGIN'
// build: libie2.so -shared -fPIC -DIE libw.so -Wl,-rpath,'$ORIGIN'
// build: prog -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#if defined(V)
__thread int variable = 5;
int *dynamic(void) { return &variable; }
#elif defined(IE)
extern __thread int variable __attribute__((tls_model("initial-exec")));
int *initial(void) { return &variable; }
#else
static int *(*dynamic)(void), *(*initial)(void);
static void *thread(void *arg)
{
	printf("%d %d\n", dynamic() == initial(), *dynamic());
	return NULL;
}
static void open_both(const char *first, const char *second, int touch)
{
	void *v = dlopen(first, RTLD_LAZY | RTLD_GLOBAL), *ie;
	pthread_t t;
	int *p;

	dynamic = (int *(*)(void))dlsym(v, "dynamic");
	p = touch ? dlsym(v, "variable") : NULL;
	if (p)
		*p = 7;
	ie = dlopen(second, RTLD_NOW);
	if (!ie) {
		puts(strstr(dlerror(), "cannot allocate memory in static TLS block") ? "refused" : "?");
		printf("%d %d\n", *p, *dynamic());
		dlclose(v);
		puts(dlopen(first, RTLD_LAZY | RTLD_NOLOAD) ? "still there" : "gone");
		return;
	}
	initial = (int *(*)(void))dlsym(ie, "initial");
	printf("%d %d %d\n", dynamic() == initial(), dlsym(v, "variable") == (void *)initial(), *dynamic());
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	dlclose(ie);
	dlclose(v);
}
int main(void)
{
	open_both("./libv.so", "./libie.so", 1);
	open_both("./libw.so", "./libie2.so", 0);
	open_both("./libv.so", "./libie.so", 0);
	return 0;
}
#endif
