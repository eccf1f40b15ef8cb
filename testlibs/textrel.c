// proves: DT_TEXTREL: text is relocated, and afterwards executable and not writable
// build: libt.so -shared -fPIC -DLIB -Wl,-z,notext
// build: prog -Wl,-rpath,'$ORIGIN' libt.so
#include <stdio.h>
#include <string.h>
#ifdef LIB
int target = 11;
__asm__(".pushsection .text\nslot_in_text: .quad target\n.globl get\n.type get,@function\nget: mov slot_in_text(%rip),%rax\nmov (%rax),%eax\nret\n.popsection\n");
#else
int get(void);
int main(void)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");
	printf("%d\n", get());
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "libt.so") && strstr(line, "wx"))
			puts("writable and executable");
	return 0;
}
#endif
