// proves: the audit library that a program names is loaded
// build: libaudit.so -shared -fPIC -DLIB=1
// build: prog -Wl,--audit=./libaudit.so
#include <link.h>
#include <stdio.h>
#if LIB
unsigned la_version(unsigned v) { return v; }
void la_activity(uintptr_t *cookie, unsigned flag)
{
	static const char text[] = "activity\n";
	if (flag == LA_ACT_CONSISTENT)
		fwrite(text, 1, sizeof(text) - 1, stdout), fflush(stdout);
}
#else
int main(void) { puts("main"); return 0; }
#endif
