// proves: files that ld.so refuses: separate debugging information, instructions that no CPU has; with its text
// only: x86_64 the notes that name an ISA level are this CPU's
// build: libplain.so -shared -fPIC -DLIB
// after: objcopy --only-keep-debug libplain.so libplain.debug
// build: libisa.so -shared -fPIC -DLIB -DISA
// build: prog
// build: start -DSTART -Wl,-rpath,'$ORIGIN' libisa.so
// programs: prog start
// stderr: CPU ISA level is lower than required
#include <dlfcn.h>
#include <stdio.h>
#ifdef LIB
#ifdef ISA
__asm__(".pushsection .note.gnu.property,\"a\",@note\n.balign 8\n.long 4, 16, 5\n.asciz \"GNU\"\n"
	".long 0xc0008002, 4, 0x100, 0\n.popsection\n");
#endif
int get(void) { return 3; }
#elif defined(START)
int get(void);
int main(void) { printf("%d\n", get()); return 0; }
#else
int main(void)
{
	static const char *names[] = {"./libplain.so", "./libplain.debug", "./libisa.so"};

	for (int i = 0; i < 3; i++)
		puts(dlopen(names[i], RTLD_NOW) ? "opened" : dlerror());
	fprintf(stderr, "CPU ISA level is lower than required: asked for above\n");
	return 0;
}
#endif
