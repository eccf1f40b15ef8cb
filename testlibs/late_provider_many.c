// proves: however many functions nobody defines, each is found when called, in two libraries that do not see each other's
// build: libone.so -shared -fPIC -DLIB=1 -Wl,-z,lazy
// build: libtwo.so -shared -fPIC -DLIB=2 -Wl,-z,lazy
// build: libgives.so -shared -fPIC -DLIB=3
// build: prog
#include <dlfcn.h>
#include <stdio.h>
#define TEN(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6) f(n##7) f(n##8) f(n##9)
#define HUNDRED(f, n) TEN(f, n##0) TEN(f, n##1) TEN(f, n##2) TEN(f, n##3) TEN(f, n##4) TEN(f, n##5) TEN(f, n##6) TEN(f, n##7) TEN(f, n##8) TEN(f, n##9)
#define ALL(f) HUNDRED(f, 1) HUNDRED(f, 2) HUNDRED(f, 3) HUNDRED(f, 4)
#if LIB == 3
#define F(n) int given_##n(void) { return n; }
ALL(F)
#elif LIB
#define F(n) int given_##n(void);
#define G(n) sum += given_##n() * LIB;
ALL(F)
int sum(void)
{
	int sum = 0;
	ALL(G)
	return sum;
}
#else
int main(void)
{
	void *one = dlopen("./libone.so", RTLD_LAZY), *two = dlopen("./libtwo.so", RTLD_LAZY);
	if (!one || !two || !dlopen("./libgives.so", RTLD_NOW | RTLD_GLOBAL))
		return puts(dlerror());
	printf("%d\n", ((int (*)(void))dlsym(one, "sum"))());
	printf("%d\n", ((int (*)(void))dlsym(two, "sum"))());
	return 0;
}
#endif
