// proves: STB_GNU_UNIQUE: two libraries opened RTLD_LOCAL share one inline static
// build: libu1.so -shared -fPIC -DLIB=1
// build: libu2.so -shared -fPIC -DLIB=2
// build: prog -Wl,-rpath,'$ORIGIN'
#include <cstdio>
#include <dlfcn.h>
#ifdef LIB
struct counter { static int &value() { static int n = 0; return n; } };
extern "C" int bump() { return ++counter::value(); }
#else
int main()
{
	void *a = dlopen("./libu1.so", RTLD_NOW | RTLD_LOCAL), *b = dlopen("./libu2.so", RTLD_NOW | RTLD_LOCAL);
	int x = ((int (*)())dlsym(a, "bump"))(), y = ((int (*)())dlsym(b, "bump"))();
	printf("%d %d\n", x, y);
	return 0;
}
#endif
