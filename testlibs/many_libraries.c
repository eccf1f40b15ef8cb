// proves: constructors of a chain of libraries, each needing the next, and a symbol found at its end
// after: src=$(ls ../../../testlibs/many_libraries.c); $compiler -shared -fPIC -DLAST -o libz0.so $src; for i in $(seq 1 30); do $compiler -shared -fPIC -DLIB -o libz$i.so $src -Wl,--no-as-needed ./libz$((i-1)).so; done; $compiler -o prog $src ./libz30.so ./libz0.so
#include <stdio.h>
#ifdef LAST
int end_of_chain = 99;
#elif defined LIB
extern int end_of_chain;
__attribute__((constructor)) static void up(void) { end_of_chain++; }
#else
extern int end_of_chain;
int main(void) { printf("%d\n", end_of_chain); return 0; }
#endif
