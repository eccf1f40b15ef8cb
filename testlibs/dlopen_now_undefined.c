// proves: dlopen with RTLD_NOW fails if a function is undefined, whether it was opened before or not; with RTLD_LAZY it does not
// build: libdep.so -shared -fPIC -DLIB=1 -Wl,-z,lazy
// build: libbad.so -shared -fPIC -DLIB=2 -Wl,-z,lazy
// build: libuses.so -shared -fPIC -DLIB=3 -Wl,-z,lazy -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libdep.so -Wl,--unresolved-symbols=ignore-all
// build: prog
#include <dlfcn.h>
#include <stdio.h>
int nobody(void), somebody(void);
#if LIB == 1
__attribute__((constructor)) static void begin(void) { puts("libdep begins"); }
__attribute__((destructor)) static void end(void) { puts("libdep ends"); }
int somebody(void) { return nobody(); }
#elif LIB == 2
__attribute__((constructor)) static void begin(void) { puts("libbad begins"); }
int bad(int call) { return call ? nobody() : 5; }
#elif LIB == 3
int uses(int call) { return call ? somebody() : 6; }
#else
static void try(const char *name, int mode)
{
	void *h = dlopen(name, mode);
	printf("%s %d: %s\n", name, mode, h ? "opened" : dlerror());
	if (h)
		printf("closed %d\n", dlclose(h));
}
int main(void)
{
	const int modes[] = {RTLD_NOW, RTLD_LAZY, RTLD_NOW, RTLD_LAZY, RTLD_NOW | RTLD_GLOBAL};
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		try("./libbad.so", modes[i]);
		try("./libuses.so", modes[i]);
	}
	/* open already: nothing is bound anew */
	void *h = dlopen("./libbad.so", RTLD_LAZY);
	printf("%d\n", dlopen("./libbad.so", RTLD_NOW) == h);
	return 0;
}
#endif
