// proves: a needed version that is not defined is an error, and the message names it
// build: libmv.so -shared -fPIC -DLIB -Wl,--version-script=/dev/fd/3 3<<<'VX { global: f; };' -Wl,-soname,libmv.so
// build: prog -Wl,-rpath,'$ORIGIN' libmv.so
// build: libmv.so -shared -fPIC -DLIB -Wl,--version-script=/dev/fd/3 3<<<'VY { global: f; };' -Wl,-soname,libmv.so
// stderr: VX
#include <stdio.h>
#ifdef LIB
int f(void) { return 1; }
#else
int f(void);
int main(void) { printf("%d\n", f()); return 0; }
#endif
