// proves: a filter that is opened is searched behind what it names; an auxiliary one may be without
// build: libreal.so -shared -fPIC -DLIB=1
// build: libfilter.so -shared -fPIC -DLIB=2 -DOWN -Wl,-F,libreal.so -Wl,-rpath,'$ORIGIN'
// build: libaux.so -shared -fPIC -DLIB=3 -DOWN -Wl,-f,libreal.so -Wl,-rpath,'$ORIGIN'
// build: libauxless.so -shared -fPIC -DLIB=4 -DOWN -Wl,-f,libnowhere.so -Wl,-rpath,'$ORIGIN'
// build: libless.so -shared -fPIC -DLIB=5 -DOWN -Wl,-F,libnowhere.so -Wl,-rpath,'$ORIGIN'
// build: libuser.so -shared -fPIC -DUSER -Wl,-rpath,'$ORIGIN' ./libaux.so
// build: prog -ldl
#include <dlfcn.h>
#include <stdio.h>
#if LIB
int which(void) { return LIB; }
#ifdef OWN
int own(void) { return LIB * 10; }
#endif
#elif defined(USER)
int which(void), own(void);
int use(void) { return which() + own(); }
#else
static void try(const char *name)
{
	static const char *const symbols[] = {"which", "own", "use"};
	void *handle = dlopen(name, RTLD_NOW);

	if (!handle) {
		printf("%s\n", dlerror());
		return;
	}
	printf("%s:", name);
	for (int i = 0; i < 3; i++) {
		int (*f)(void) = (int (*)(void))dlsym(handle, symbols[i]);

		printf(" %d", f ? f() : 0);
	}
	printf("\nclosed: %d, still there: %d\n", dlclose(handle),
	       dlopen("./libreal.so", RTLD_NOLOAD | RTLD_NOW) != NULL);
}

int main(void)
{
	try("./libfilter.so");
	try("./libaux.so");
	try("./libauxless.so");
	try("./libless.so");
	try("./libuser.so");
	return 0;
}
#endif
