// proves: DT_SYMBOLIC binds a library to itself first
// build: libs.so -shared -fPIC -DLIB -Wl,-Bsymbolic
// build: prog -Wl,-rpath,'$ORIGIN' libs.so
#include <stdio.h>
#ifdef LIB
int f(void) { return 1; }
int (*pointer)(void) = f;
int call(void) { return f() * 10 + pointer(); }
#else
int call(void);
int f(void) { return 2; }
int main(void) { printf("%d\n", call()); return 0; }
#endif
