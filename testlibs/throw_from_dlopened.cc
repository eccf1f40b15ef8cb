// proves: an exception thrown in a dlopened library is caught in the program; one crosses dlopened code both ways
// build: libthrow.so -shared -fPIC -DLIB
// build: prog -rdynamic
#include <cstdio>
#include <dlfcn.h>
#include <string>
#ifdef LIB
extern "C" void fling(void (*f)()) { if (f) { try { f(); } catch (int) { throw std::string("converted"); } } throw 3.5; }
#else
static void inner() { throw 1; }
int main()
{
	void *h = dlopen("./libthrow.so", RTLD_NOW);
	auto fling = (void (*)(void (*)()))dlsym(h, "fling");
	try { fling(nullptr); } catch (double d) { printf("%g\n", d); }
	try { fling(inner); } catch (const std::string &s) { puts(s.c_str()); }
	dlclose(h);
	try { throw 2; } catch (int n) { printf("%d\n", n); }
	return 0;
}
#endif
