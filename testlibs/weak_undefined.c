// proves: an undefined weak symbol is null; a weak definition that comes first wins
// build: lib1.so -shared -fPIC -DLIB=1
// build: lib2.so -shared -fPIC -DLIB=2
// build: prog -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed ./lib1.so ./lib2.so
#include <stdio.h>
#if LIB == 1
__attribute__((weak)) int which(void) { return 1; }
#elif LIB == 2
int which(void) { return 2; }
#else
__attribute__((weak)) int nobody(void);
int which(void);
int main(void) { printf("%d %d\n", nobody == NULL, which()); return 0; }
#endif
