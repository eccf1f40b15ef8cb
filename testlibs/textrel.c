// proves: DT_TEXTREL: text is relocated, and afterwards executable and not writable
// build: libt.so -shared -fPIC -DLIB -Wl,-z,notext
// build: prog -Wl,-rpath,'$ORIGIN' libt.so
#include <stdio.h>
#include <string.h>
#ifdef LIB
int target = 11;
__asm__(".pushsection .text\n.balign 8\n.hidden slot_in_text\n.globl slot_in_text\nslot_in_text: .quad target\n.popsection\n");
extern int *slot_in_text __attribute__((visibility("hidden")));
int get(void) { return *slot_in_text; }
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
