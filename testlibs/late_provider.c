// proves: a function undefined when its library was loaded is looked up again when called: all arguments arrive, weak and IFUNC ones too, its provider stays, and one that nobody brought ends the program as ld.so does
// build: libneeds.so -shared -fPIC -DLIB=1 -Wl,-z,lazy
// build: libgives.so -shared -fPIC -DLIB=2
// build: prog
// stderr: symbol lookup error: ./libneeds.so: undefined symbol: nobody
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
typedef double vector __attribute__((vector_size(16)));
struct big {
	long a[3];
};
double late(int a, double b, float c, long d, long e, long f, long g, long h, long i, long j, struct big k);
vector late_vector(vector a, vector b);
struct big late_struct(int a, int b);
int late_variadic(const char *format, ...);
int weakly(void) __attribute__((weak));
int chosen(int a);
int nobody(void);
#if LIB == 1
double entry(int a, double b, float c) { return late(a, b, c, 1, 2, 3, 4, 5, 6, 7, (struct big){{1, 2, 3}}); }
vector vector_entry(vector a, vector b) { return late_vector(a, b); }
struct big struct_entry(int a, int b) { return late_struct(a, b); }
int variadic_entry(int a) { return late_variadic("%d %.2f %s\n", a, a / 2.0, "text"); }
int weak_entry(void) { return weakly(); }
int chosen_entry(int a) { return chosen(a); }
int nobody_entry(void) { return nobody(); }
#elif LIB == 2
double late(int a, double b, float c, long d, long e, long f, long g, long h, long i, long j, struct big k)
{
	return a * 1000 + b * 100 + (double)c * 10 + d + e + f + g + h + i + j + k.a[0] + k.a[1] + k.a[2];
}
vector late_vector(vector a, vector b) { return a * b; }
struct big late_struct(int a, int b) { return (struct big){{a, b, a + b}}; }
int late_variadic(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vprintf(format, args);
	va_end(args);
	return n;
}
int weakly(void) { return 77; }
static int next(int a) { return a + 1; }
static int (*pick(void))(int) { return next; }
int chosen(int a) __attribute__((ifunc("pick")));
__attribute__((destructor)) static void end(void) { puts("libgives ends"); }
#else
#define CALL(type, name, ...) ((type)dlsym(needs, name))(__VA_ARGS__)
int main(void)
{
	void *needs = dlopen("./libneeds.so", RTLD_LAZY | RTLD_GLOBAL), *gives;
	if (!needs || !(gives = dlopen("./libgives.so", RTLD_LAZY | RTLD_GLOBAL)))
		return puts(dlerror());
	for (int i = 0; i < 2; i++) {
		printf("%g\n", CALL(double (*)(int, double, float), "entry", 3, 1.5, 2.5f));
		vector v = CALL(vector (*)(vector, vector), "vector_entry", (vector){1, 2}, (vector){3, 4});
		printf("%g %g\n", v[0], v[1]);
		printf("%ld\n", CALL(struct big (*)(int, int), "struct_entry", 4, 5).a[2]);
		printf("%d\n", CALL(int (*)(int), "variadic_entry", 7));
		printf("%d %d\n", CALL(int (*)(void), "weak_entry"), CALL(int (*)(int), "chosen_entry", 5));
		if (i == 0)
			printf("close %d\n", dlclose(gives));
	}
	fflush(stdout);
	return CALL(int (*)(void), "nobody_entry");
}
#endif
