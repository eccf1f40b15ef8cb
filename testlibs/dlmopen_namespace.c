// proves: dlmopen brings a library a second time, with data of its own
// build: libx.so -shared -fPIC -DLIB=1
// build: prog
#include <dlfcn.h>
#include <stdio.h>
#if LIB
static int n;
int next(void) { return ++n; }
#else
int main(void)
{
	void *a = dlopen("./libx.so", RTLD_NOW), *b = dlmopen(LM_ID_NEWLM, "./libx.so", RTLD_NOW);
	if (!a || !b)
		return puts(dlerror());
	((int (*)(void))dlsym(a, "next"))();
	printf("%d %d %d\n", a == b, ((int (*)(void))dlsym(a, "next"))(), ((int (*)(void))dlsym(b, "next"))());
	return 0;
}
#endif
