// proves: DT_RELR: many relative relocations, addresses and bitmaps
// build: prog -pie -fPIE -Wl,-z,pack-relative-relocs
#include <stdio.h>
static int v[300];
#define T(n) &v[n], &v[n + 1], (int *)1, &v[n + 2], &v[n + 3], &v[n + 4], &v[n + 5]
static int *table[] = {T(0), T(10), T(20), T(30), T(40), T(50), T(60), T(70), T(80), T(90), T(100), T(110), T(120), T(130), T(140), T(150)};
int main(void)
{
	long sum = 0;
	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++)
		sum += table[i] == (int *)1 ? -1 : table[i] - v;
	printf("%ld\n", sum);
	return 0;
}
