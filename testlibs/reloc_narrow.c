// proves: 32-bit absolute and PC-relative relocations in a fixed-address program
// build: prog -no-pie -fno-pie -Wl,-z,notext
#include <stdio.h>
int value = 5;
__asm__(".pushsection .data\n.globl low\nlow: .long value\n.popsection\n");
extern unsigned low;
int main(void)
{
	printf("%d\n", *(int *)(unsigned long)low);
	return 0;
}
