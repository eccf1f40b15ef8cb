// proves: a position-independent program: relative relocations of data, constants and functions
// build: prog -pie -fPIE
#include <stdio.h>
static int f(void) { return 7; }
static int (*const table[])(void) = {f, f};
static const char *const names[] = {"one", "two", "three"};
int main(void)
{
	for (int i = 0; i < 3; i++)
		printf("%s %d\n", names[i], table[i & 1]());
	return 0;
}
