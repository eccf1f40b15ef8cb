// proves: GLIBC_TUNABLES sizes the room for dlopened initial-exec libraries
// build: libie.so -shared -fPIC -DLIB -ftls-model=initial-exec
// build: prog
// env: GLIBC_TUNABLES=glibc.rtld.nns=99:glibc.rtld.optional_static_tls=0x3000:glibc.rtld.optional_static_tls=12000
#include <dlfcn.h>
#include <stdio.h>
#ifdef LIB
static __thread char block[12000] = "x";
int get(int i) { return block[i]; }
#else
int main(void)
{
	void *h = dlopen("./libie.so", RTLD_NOW);
	int (*get)(int) = h ? (int (*)(int))dlsym(h, "get") : NULL;

	printf("%d %d\n", get ? get(0) : -1, get ? get(11999) : -1);
	return 0;
}
#endif
