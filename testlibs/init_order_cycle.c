// proves: constructors of dlopened libraries that need each other in a circle, and destructors, run in ld.so's order; a library that was brought by another before is none of the new ones
// build: liba.so -shared -fPIC -DNAME='"a"' -Wl,-soname,liba.so
// build: liba1.so -shared -fPIC -DNAME='"a1"' -Wl,-soname,liba1.so
// build: liba2.so -shared -fPIC -DNAME='"a2"' -Wl,-soname,liba2.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./liba.so
// build: liba.so -shared -fPIC -DNAME='"a"' -Wl,-soname,liba.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./liba1.so ./liba2.so
// build: libb1.so -shared -fPIC -DNAME='"b1"' -Wl,-soname,libb1.so
// build: libb.so -shared -fPIC -DNAME='"b"' -Wl,-soname,libb.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libb1.so
// build: libc1.so -shared -fPIC -DNAME='"c"' -Wl,-soname,libc1.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./liba1.so
// build: prog
#include <dlfcn.h>
#include <stdio.h>
#ifdef NAME
__attribute__((constructor)) static void begin(void) { printf("+%s ", NAME); }
__attribute__((destructor)) static void end(void) { printf("-%s ", NAME); }
#else
int main(void)
{
	const char *const names[] = {"./liba.so", "./libb.so", "./liba2.so", "./libc1.so"};
	void *h[4];
	for (int i = 0; i < 4; i++) {
		if (!(h[i] = dlopen(names[i], RTLD_LAZY)))
			return puts(dlerror());
		printf("%s\n", names[i]);
	}
	printf("%d\n", dlclose(h[1]));
	printf("%d\n", dlclose(h[0]));
	printf("%d\n", dlclose(h[2]));
	return 0;
}
#endif
