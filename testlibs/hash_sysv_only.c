// proves: an object with DT_HASH only
// build: libh.so -shared -fPIC -DLIB -Wl,--hash-style=sysv
// build: prog -Wl,-rpath,'$ORIGIN' libh.so -Wl,--hash-style=sysv
#include <stdio.h>
#ifdef LIB
int one(void) { return 1; } int two(void) { return 2; }
#else
int one(void), two(void);
int main(void) { printf("%d\n", one() + two()); return 0; }
#endif
