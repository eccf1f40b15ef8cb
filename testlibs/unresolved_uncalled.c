// proves: a function that nobody defines stops the program only when called, and the message names it
// build: libgone.so -shared -fPIC -DLIB=1 -Wl,-soname,libgone.so
// build: prog -Wl,-z,lazy -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libgone.so
// build: libgone.so -shared -fPIC -DLIB=2 -Wl,-soname,libgone.so
// stderr: nowhere_to_be_found
#include <stdio.h>
void nowhere_to_be_found(void);
#if LIB == 1
void nowhere_to_be_found(void) {}
#elif LIB == 2
int something_else;
#else
int main(int argc, char **argv)
{
	puts("running");
	fflush(stdout);
	if (argc > 0)
		nowhere_to_be_found();
	return 0;
}
#endif
