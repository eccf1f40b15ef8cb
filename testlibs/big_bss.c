// proves: a large zero-fill segment, zero from its first byte; bss tail of the last file page
// build: prog
#include <stdio.h>
static char big[64 << 20], small[10];
static int one = 1;
int main(void)
{
	long sum = small[0] + small[9];
	for (size_t i = 0; i < sizeof(big); i += 4096)
		sum += big[i];
	big[sizeof(big) - 1] = 1;
	printf("%ld %d\n", sum, one);
	return 0;
}
