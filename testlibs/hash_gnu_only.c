// proves: an object with DT_GNU_HASH only
// build: libh.so -shared -fPIC -DLIB -Wl,--hash-style=gnu
// build: prog -Wl,-rpath,'$ORIGIN' libh.so -Wl,--hash-style=gnu
#include <stdio.h>
#ifdef LIB
int one(void) { return 1; } int two(void) { return 2; }
#else
int one(void), two(void);
int main(void) { printf("%d\n", one() + two()); return 0; }
#endif
