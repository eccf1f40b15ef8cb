// proves: R_X86_64_SIZE64 of another object's symbol
// only: x86_64 no other CPU's psABI has relocations of sizes
// build: liba.so -shared -fPIC -DLIB_A
// build: libb.so -shared -fPIC -DLIB_B -L. -l:liba.so -Wl,-rpath,'$ORIGIN'
// build: prog -Wl,-rpath,'$ORIGIN' -L. -l:libb.so -l:liba.so
#include <stdio.h>
#ifdef LIB_A
long array[5] = {10, 11, 12, 13, 14};
#elif defined LIB_B
extern long array[];
__asm__(".pushsection .data\n.globl size_of_array\n.type size_of_array,@object\n.size size_of_array,8\nsize_of_array: .quad array@SIZE\n.popsection\n");
#else
extern long size_of_array;
int main(void)
{
	printf("%ld\n", size_of_array);
	return 0;
}
#endif
