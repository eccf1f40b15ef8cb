// proves: vtables, typeid, dynamic_cast and exceptions across libraries
// build: libv.so -shared -fPIC -DLIB
// build: prog -Wl,-rpath,'$ORIGIN' libv.so
#include <cstdio>
#include <stdexcept>
#include <typeinfo>
struct base { virtual ~base(); virtual int f() = 0; };
struct derived : base { int f() override; };
base *make();
void thrower(int);
#ifdef LIB
base::~base() {}
int derived::f() { return 9; }
base *make() { return new derived; }
void thrower(int n) { if (n == 0) throw std::runtime_error("deep"); thrower(n - 1); }
#else
int main()
{
	base *b = make();
	printf("%d %d %s\n", b->f(), dynamic_cast<derived *>(b) != nullptr, typeid(*b).name());
	try { thrower(5); } catch (const std::exception &e) { printf("caught %s\n", e.what()); }
	delete b;
	return 0;
}
#endif
