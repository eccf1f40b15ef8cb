// proves: default, old (hidden) and base versions; dlvsym; unversioned dlsym gets the default
// build: libver.so -shared -fPIC -DLIB -Wl,--version-script=/dev/fd/3 3<<<'V1 { global: f; local: *; }; V2 { global: g; } V1;'
// build: prog -Wl,-rpath,'$ORIGIN' libver.so
#include <dlfcn.h>
#include <stdio.h>
#ifdef LIB
__asm__(".symver f_old,f@V1\n.symver f_new,f@@V2\n");
int f_old(void) { return 1; }
int f_new(void) { return 2; }
int g(void) { return 3; }
#else
int f_v1(void);
__asm__(".symver f_v1,f@V1");
int f(void), g(void);
int main(void)
{
	int (*by_name)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "f");
	int (*v1)(void) = (int (*)(void))dlvsym(RTLD_DEFAULT, "f", "V1");
	void *none = dlvsym(RTLD_DEFAULT, "f", "V9");
	printf("%d %d %d %d %d %d\n", f(), f_v1(), g(), by_name(), v1 ? v1() : -1, none == NULL);
	return 0;
}
#endif
