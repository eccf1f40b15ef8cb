// proves: a protected function is not interposed from inside its library
// build: libp.so -shared -fPIC -DLIB
// build: prog -Wl,-rpath,'$ORIGIN' libp.so
#include <stdio.h>
#ifdef LIB
__attribute__((visibility("protected"))) int f(void) { return 1; }
int open_f(void) { return 3; }
int call_f(void) { return f(); }
int call_open_f(void) { return open_f(); }
#else
int call_f(void), call_open_f(void);
int f(void) { return 2; }
int open_f(void) { return 4; }
int main(void) { printf("%d %d\n", call_f(), call_open_f()); return 0; }
#endif
