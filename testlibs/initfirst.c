// proves: DF_1_INITFIRST
// build: libf.so -shared -fPIC -DNAME='"first"' -Wl,-z,initfirst
// build: libo.so -shared -fPIC -DNAME='"other"'
// build: prog -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libf.so ./libo.so
#include <stdio.h>
#ifdef NAME
__attribute__((constructor)) static void up(void) { puts("+" NAME); }
#else
int main(void) { return 0; }
#endif
