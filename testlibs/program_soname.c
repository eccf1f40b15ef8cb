// proves: a program's own soname counts as loaded, for what its libraries need and for dlopen
// build: libdep.so -shared -fPIC -DLIB=1 -Wl,-soname,libown.so
// build: liba.so -shared -fPIC -DLIB=2 -Wl,-soname,liba.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libdep.so
// build: prog -rdynamic -Wl,-soname,libown.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./liba.so -Wl,-rpath-link,.
// after: mv libdep.so libown.so
#include <dlfcn.h>
#include <stdio.h>
#if LIB == 1
__attribute__((constructor)) static void begin(void) { puts("libown begins"); }
#elif LIB == 2
__attribute__((constructor)) static void begin(void) { puts("liba begins"); }
#else
int main(void)
{
	void *self = dlopen(NULL, RTLD_NOW);
	printf("%d\n", dlopen("libown.so", RTLD_NOW | RTLD_NOLOAD) == self);
	printf("%d\n", dlopen("./prog", RTLD_NOW) == NULL);
	puts(dlerror());
	printf("%d\n", dlopen("/proc/self/exe", RTLD_NOW) == NULL);
	return 0;
}
#endif
