// proves: a filter's symbols are those of the library that it names
// build: libreal.so -shared -fPIC -DLIB=1
// build: libfilter.so -shared -fPIC -DLIB=2 -Wl,-F,libreal.so -Wl,-rpath,'$ORIGIN'
// build: libaux.so -shared -fPIC -DLIB=3 -Wl,-f,libreal.so -Wl,-rpath,'$ORIGIN'
// build: prog -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libfilter.so
// build: auxiliary -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./libaux.so
// programs: prog auxiliary
#include <stdio.h>
#if LIB
int which(void) { return LIB; }
#else
int which(void);
int main(void) { printf("%d\n", which()); return 0; }
#endif
