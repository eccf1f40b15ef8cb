// proves: COPY relocations: the library sees the program's copy; initial values come over; stdout and environ too
// build: libd.so -shared -fPIC -DLIB
// build: prog -no-pie -fno-pie -Wl,-rpath,'$ORIGIN' libd.so
#include <stdio.h>
#ifdef LIB
int shared_value = 17;
const char *text = "hello";
int read_it(void) { return shared_value; }
#else
extern int shared_value;
extern const char *text;
extern char **environ;
int read_it(void);
int main(void)
{
	shared_value++;
	fprintf(stdout, "%d %d %s %d\n", shared_value, read_it(), text, environ != 0 && environ[0] != 0);
	return 0;
}
#endif
