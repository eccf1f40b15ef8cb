// proves: dlopen and dlsym from a constructor, dlclose from a destructor
// build: libinner.so -shared -fPIC -DLIB=1
// build: libouter.so -shared -fPIC -DLIB=2
// build: prog -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libouter.so
#include <dlfcn.h>
#include <stdio.h>
#if LIB == 1
__attribute__((constructor)) static void up(void) { puts("inner up"); }
__attribute__((destructor)) static void down(void) { puts("inner down"); }
int inner(void) { return 12; }
#elif LIB == 2
static void *h;
__attribute__((constructor)) static void up(void)
{
	h = dlopen("./libinner.so", RTLD_NOW);
	printf("outer up %d\n", ((int (*)(void))dlsym(h, "inner"))());
}
__attribute__((destructor)) static void down(void) { printf("outer down %d\n", dlclose(h)); }
#else
int main(void) { puts("main"); return 0; }
#endif
