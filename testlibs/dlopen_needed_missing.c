// proves: dlopen fails if any needed library is missing, at whatever depth, and leaves nothing behind
// build: libhere.so -shared -fPIC -DLIB=1
// build: libgone.so -shared -fPIC -DLIB=2
// build: liba.so -shared -fPIC -DLIB=3 -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libhere.so ./libgone.so
// build: libb.so -shared -fPIC -DLIB=4 -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libhere.so ./liba.so -Wl,--allow-shlib-undefined
// build: prog
// after: rm libgone.so
#include <dlfcn.h>
#include <stdio.h>
#if LIB == 1
__attribute__((constructor)) static void begin(void) { puts("libhere begins"); }
int here(void) { return 1; }
#elif LIB
int number(void) { return LIB; }
#else
int main(void)
{
	const char *const names[] = {"./liba.so", "./libb.so", "./libhere.so", "./liba.so"};
	for (int i = 0; i < 4; i++) {
		void *h = dlopen(names[i], RTLD_LAZY);
		printf("%s: %s\n", names[i], h ? "opened" : dlerror());
		printf("%d %d\n", dlopen("./libhere.so", RTLD_LAZY | RTLD_NOLOAD) != NULL, dlopen("./liba.so", RTLD_LAZY | RTLD_NOLOAD) != NULL);
	}
	return 0;
}
#endif
