// proves: with BIND_NOW an undefined function is an error at start
// build: libgone.so -shared -fPIC -DLIB=1 -Wl,-soname,libgone.so
// build: prog -Wl,-z,now -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libgone.so
// build: libgone.so -shared -fPIC -DLIB=2 -Wl,-soname,libgone.so
// stderr: missing_function
#include <stdio.h>
void missing_function(void);
#if LIB == 1
void missing_function(void) {}
#elif LIB == 2
int something_else;
#else
int main(int argc, char **argv)
{
	puts("running");
	fflush(stdout);
	if (argc > 0)
		missing_function();
	return 0;
}
#endif
