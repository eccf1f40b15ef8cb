// proves: thread_local destructors: order, thread end, main's end, in a dlopened library that is closed meanwhile
// build: libtd.so -shared -fPIC -DLIB
// build: prog -pthread
#include <cstdio>
#include <dlfcn.h>
#include <thread>
struct noisy { const char *name; noisy(const char *n) : name(n) {} ~noisy() { printf("end %s\n", name); } };
#ifdef LIB
thread_local noisy lib_object("library");
extern "C" void touch() { printf("touch %s\n", lib_object.name); }
#else
thread_local noisy a("a"), b("b");
int main()
{
	std::thread([] {
		printf("%s %s\n", a.name, b.name);
		void *h = dlopen("./libtd.so", RTLD_NOW);
		((void (*)())dlsym(h, "touch"))();
		printf("%d\n", dlclose(h));
	}).join();
	printf("main %s\n", a.name);
	return 0;
}
#endif
