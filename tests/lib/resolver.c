/* A library whose IFUNC resolver leaves a trace: a line in the open file TRACE. Needs nothing, so
 * that it can be asked early. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
one(void)
{
	return 1;
}

static void *
pick(void)
{
	static const char text[] = "resolver\n";
	long ret;
#if defined(__x86_64__)
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_write), "D"(TRACE), "S"(text), "d"(sizeof(text) - 1)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_write, x0 __asm__("x0") = TRACE;
	register const char *x1 __asm__("x1") = text;
	register long x2 __asm__("x2") = sizeof(text) - 1;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	ret = x0;
#else
	register long a7 __asm__("a7") = SYS_write, a0 __asm__("a0") = TRACE;
	register const char *a1 __asm__("a1") = text;
	register long a2 __asm__("a2") = sizeof(text) - 1;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
	ret = a0;
#endif
	(void)ret;
	return (void *)one;
}

int chosen(void) __attribute__((ifunc("pick")));
static int inside(void) __attribute__((ifunc("pick")));
int (*const constant)(void) = chosen;
int (*changing)(void) = chosen;

int
sum(void)
{
	return inside() + changing() + constant();
}
