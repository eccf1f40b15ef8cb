// proves: the address of a function is one, taken in a fixed-address program and in a library
// build: libc1.so -shared -fPIC -DLIB
// build: prog -no-pie -fno-pie -Wl,-rpath,'$ORIGIN' libc1.so
#include <stdio.h>
int f(void);
typedef int (*function)(void);
#ifdef LIB
int f(void) { return 1; }
function address(void) { return f; }
#else
function address(void);
int main(void) { printf("%d %d\n", address() == f, address()()); return 0; }
#endif
