// proves: resolvers in an object with text relocations: at start and in dlopen; a slot in text that names an IFUNC
// only: x86_64 the section flags of its own kind are written in this CPU's assembly
// build: libr.so -shared -fPIC -DLIB -Wl,-z,notext
// build: liblate.so -shared -fPIC -DLIB -Wl,-z,notext
// build: prog -Wl,-rpath,'$ORIGIN' libr.so
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#ifdef LIB
static int base = 20;
static int one(int x) { return base + x; }
static int (*resolve(void))(int) { return one; }
int chosen(int) __attribute__((ifunc("resolve")));
int (*pointer)(int) = chosen;
__asm__(".pushsection .text\n.balign 8\n.hidden slot\n.globl slot\nslot: .quad chosen\n.quad plain\n.popsection\n");
extern int (*slot[2])(int) __attribute__((visibility("hidden")));
int plain(int x) { return x * 2; }
int use(int x) { return slot[0](x) * 10000 + slot[1](x) * 100 + pointer(x) + chosen(1); }
#else
int use(int), chosen(int);
int main(void)
{
	char line[512];
	void *h = dlopen("./liblate.so", RTLD_NOW);
	int (*late)(int) = h ? (int (*)(int))dlsym(h, "use") : NULL;
	int (*late_chosen)(int) = h ? (int (*)(int))dlsym(h, "chosen") : NULL;
	FILE *f = fopen("/proc/self/maps", "r");

	printf("%d %d\n", use(3), chosen(4));
	printf("%d %d\n", late ? late(5) : -1, late_chosen ? late_chosen(6) : -1);
	while (fgets(line, sizeof(line), f))
		if ((strstr(line, "libr.so") || strstr(line, "liblate.so")) && strstr(line, "wx"))
			puts("writable and executable");
	return 0;
}
#endif
