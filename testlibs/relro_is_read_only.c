// proves: RELRO: a const pointer table cannot be written after start-up
// build: prog -pie -fPIE -Wl,-z,relro,-z,now
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
static int x;
static int *const volatile table[1024] = {&x, &x};
static sigjmp_buf back;
static void on_fault(int s) { siglongjmp(back, s); }
int main(void)
{
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(back, 1) == 0) {
		*(int **)&table[0] = NULL;
		puts("written");
	} else {
		puts("read-only");
	}
	return 0;
}
