// proves: executable pages of objects that ask for it are guarded: an indirect call must meet a landing pad (BTI)
// only: aarch64 no other CPU has its pages guarded by notes
// build: libg.so -shared -fPIC -DLIB -mbranch-protection=standard -Wl,-z,force-bti -nostartfiles
// build: prog -Wl,-rpath,'$ORIGIN' libg.so
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#ifdef LIB
__asm__(".pushsection .text\n.globl without_pad\n.type without_pad,%function\nwithout_pad:\n\tmov w0, #7\n\tret\n.popsection\n");
int with_pad(void) { return 8; }
#else
int with_pad(void), without_pad(void);
static sigjmp_buf back;
static void caught(int signal) { siglongjmp(back, signal); }
int main(void)
{
	int (*volatile call)(void) = with_pad;
	printf("%d\n", call());
	signal(SIGILL, caught);
	call = without_pad;
	if (sigsetjmp(back, 1) == 0)
		printf("not guarded: %d\n", call());
	else
		puts("guarded");
	return 0;
}
#endif
