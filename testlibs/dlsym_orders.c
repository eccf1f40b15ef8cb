// proves: dlsym in a handle's dependency order; RTLD_NEXT from a library; RTLD_DEFAULT from a local library
// build: libn2.so -shared -fPIC -DLIB=2
// build: libn1.so -shared -fPIC -DLIB=1 -Wl,--no-as-needed ./libn2.so -Wl,-rpath,'$ORIGIN'
// build: prog
#include <dlfcn.h>
#include <stdio.h>
#if LIB == 2
int who(void) { return 2; }
int deep(void) { return 20; }
#elif LIB == 1
int who(void) { return 1; }
int next(void) { int (*f)(void) = (int (*)(void))dlsym(RTLD_NEXT, "who"); return f ? f() : -1; }
int dflt(void) { int (*f)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "deep"); return f ? f() : -1; }
#else
int main(void)
{
	void *h = dlopen("./libn1.so", RTLD_NOW | RTLD_LOCAL);
	printf("%d\n", ((int (*)(void))dlsym(h, "who"))());
	printf("%d\n", ((int (*)(void))dlsym(h, "deep"))());
	printf("%d\n", ((int (*)(void))dlsym(h, "next"))());
	printf("%d\n", ((int (*)(void))dlsym(h, "dflt"))());
	printf("%d\n", dlsym(RTLD_DEFAULT, "deep") == NULL);
	return 0;
}
#endif
