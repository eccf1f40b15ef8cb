// proves: DT_INIT and DT_FINI beside the arrays
// build: libif.so -shared -fPIC -DLIB -Wl,-init,my_init,-fini,my_fini
// build: prog -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libif.so
#include <stdio.h>
#ifdef LIB
void my_init(void) { puts("init"); }
void my_fini(void) { puts("fini"); }
__attribute__((constructor)) static void up(void) { puts("array up"); }
__attribute__((destructor)) static void down(void) { puts("array down"); }
#else
int main(void) { puts("main"); return 0; }
#endif
