// proves: a COPY relocation from a symbol whose size is larger than its segment takes what is there
// build: liba.so -shared -fPIC -DLIB -DSIZE=4096
// build: prog -no-pie -fno-pie -Wl,-rpath,'$ORIGIN' liba.so
// build: liba.so -shared -fPIC -DLIB -DSIZE=1048576
#include <stdio.h>
#define STRING(x) #x
#define SIZE_OF(name, size) ".size " #name "," STRING(size) "\n"
#ifdef LIB
__asm__(".pushsection .data\n.globl datum\n.type datum,%object\ndatum: .long 41\n.long 42\n" SIZE_OF(datum, SIZE) ".popsection\n");
#else
extern int datum[1024];
int main(void)
{
	printf("%d %d %d\n", datum[0], datum[1], (int)sizeof(datum));
	return 0;
}
#endif
