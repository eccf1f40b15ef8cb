/* A large segment of which a constructor reads $READS octets. With PATCH it writes to one page of
 * it. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
asm(".section .rodata\n.balign 65536\nbig: .fill 25165824, 1, 1\n.text");
extern const volatile char big[] __attribute__((visibility("hidden")));
const volatile char *
where(void)
{
	return big;
}
int total;
__attribute__((constructor)) static void
sum_big(void)
{
	for (long i = 0, size = atol(getenv("READS")); i < size; i += 4096)
		total += big[i];
#ifdef PATCH /* as a debugger's breakpoint would be: the process's own page in a segment that is \
		only read */
	long size = sysconf(_SC_PAGESIZE);
	char *page = (char *)((long)&big[1 << 20] & -size);
	if (mprotect(page, size, PROT_READ | PROT_WRITE))
		_exit(9);
	page[0] = 2;
	if (mprotect(page, size, PROT_READ))
		_exit(9);
	total += page[0] == 2;
#endif
}
