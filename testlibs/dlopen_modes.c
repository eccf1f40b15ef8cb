// proves: LAZY, NOW, LOCAL, GLOBAL, NOLOAD, NODELETE, NULL; by path, soname, relative; once by inode; promotion
// build: libx.so -shared -fPIC -DLIB=1 -Wl,-soname,libxx.so
// build: liby.so -shared -fPIC -DLIB=2
// build: prog -rdynamic
// after: ln -sf libx.so link.so
#include <dlfcn.h>
#include <stdio.h>
#if LIB == 1
int x_value = 5;
__attribute__((destructor)) static void bye(void) { puts("x unloaded"); }
#elif LIB == 2
__attribute__((destructor)) static void bye(void) { puts("y unloaded"); }
int y(void) { return 1; }
#else
int from_program(void) { return 77; }
int main(void)
{
	printf("%d\n", dlopen("./libx.so", RTLD_LAZY | RTLD_NOLOAD) == NULL);
	void *a = dlopen("./libx.so", RTLD_LAZY), *b = dlopen("./link.so", RTLD_NOW), *c = dlopen("libxx.so", RTLD_NOW);
	printf("%d %d\n", a == b, a == c);
	printf("%d\n", dlsym(RTLD_DEFAULT, "x_value") == NULL);
	printf("%d\n", dlopen("./libx.so", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) == a);
	printf("%d\n", dlsym(RTLD_DEFAULT, "x_value") == dlsym(a, "x_value"));
	void *self = dlopen(NULL, RTLD_NOW);
	printf("%d\n", ((int (*)(void))dlsym(self, "from_program"))());
	void *y = dlopen("./liby.so", RTLD_NOW | RTLD_NODELETE);
	printf("%d\n", dlclose(y));
	printf("%d\n", dlopen("./liby.so", RTLD_NOW | RTLD_NOLOAD) != NULL);
	for (int i = 0; i < 4; i++)
		printf("%d\n", dlclose(a));
	printf("%d\n", dlopen("./libx.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
	return 0;
}
#endif
