// proves: reference counts; a dependency stays while another needs it; constructors run again on reopening
// build: libdep.so -shared -fPIC -DNAME='"dep"'
// build: liba.so -shared -fPIC -DNAME='"a"' -Wl,--no-as-needed ./libdep.so
// build: libb.so -shared -fPIC -DNAME='"b"' -Wl,--no-as-needed ./libdep.so
// build: prog
#include <dlfcn.h>
#include <stdio.h>
#ifdef NAME
__attribute__((constructor)) static void up(void) { puts("+" NAME); }
__attribute__((destructor)) static void down(void) { puts("-" NAME); }
#else
int main(void)
{
	void *a = dlopen("./liba.so", RTLD_NOW), *b = dlopen("./libb.so", RTLD_NOW);
	puts("close a");
	dlclose(a);
	puts("close b");
	dlclose(b);
	a = dlopen("./liba.so", RTLD_NOW);
	dlopen("./liba.so", RTLD_NOW);
	dlclose(a);
	puts("end");
	return 0;
}
#endif
