// proves: an undefined variable is an error at start
// build: libgone.so -shared -fPIC -DLIB=1 -Wl,-soname,libgone.so
// build: prog -fPIC -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libgone.so
// build: libgone.so -shared -fPIC -DLIB=2 -Wl,-soname,libgone.so
// stderr: missing_variable
#include <stdio.h>
extern int missing_variable;
#if LIB == 1
int missing_variable;
#elif LIB == 2
int something_else;
#else
int main(void) { printf("%d\n", missing_variable); return 0; }
#endif
