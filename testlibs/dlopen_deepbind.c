// proves: RTLD_DEEPBIND: a library prefers its own symbols to the program's
// build: libdb.so -shared -fPIC -DLIB
// build: prog -rdynamic
#include <dlfcn.h>
#include <stdio.h>
#ifdef LIB
int name(void) { return 1; }
int call(void) { return name(); }
#else
int name(void) { return 2; }
int main(int argc, char **argv)
{
	void *h = dlopen("./libdb.so", RTLD_NOW | (argc > 1 ? 0 : RTLD_DEEPBIND));
	printf("%d\n", ((int (*)(void))dlsym(h, "call"))());
	return 0;
}
#endif
