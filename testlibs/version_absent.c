// proves: a library without versions in place of one with: warned of at every start, and used; in dlopen without a word
// build: libuv.so -shared -fPIC -DLIB -Wl,--version-script=/dev/fd/3 3<<<'VU_1 { global: f; };' -Wl,-soname,libuv.so
// build: liblate.so -shared -fPIC -DLATE -Wl,-rpath,'$ORIGIN' libuv.so
// build: prog -Wl,-rpath,'$ORIGIN' libuv.so
// build: opens -DOPENS
// build: libuv.so -shared -fPIC -DLIB -Wl,-soname,libuv.so
// programs: prog opens
// stderr: prog: .*/libuv.so: no version information available (required by ./prog)
#include <dlfcn.h>
#include <stdio.h>
#ifdef LIB
int f(void) { puts("f"); return 1; }
#elif defined(LATE)
int f(void);
int late(void) { return f() + 10; }
#else
#ifdef OPENS
static int f(void) { return 0; }
#else
int f(void);
#endif
int main(int argc, char **argv)
{
	void *h = dlopen("./liblate.so", RTLD_NOW);
	int (*late)(void) = h ? (int (*)(void))dlsym(h, "late") : NULL;

	printf("%d %d\n", f(), late ? late() : -1);
#ifdef OPENS /* of this nothing is said, but both programs are asked for the text */
	fprintf(stderr, "prog: /libuv.so: no version information available (required by ./prog)\n");
#endif
	return 0;
}
#endif
