// proves: RPATH before LD_LIBRARY_PATH before RUNPATH; $ORIGIN; libraries loaded once by soname
// build: libw.so -shared -fPIC -DLIB=1 -Wl,-soname,libw.so
// after: mkdir -p one two; mv libw.so one/; $compiler -shared -fPIC -DLIB=2 -Wl,-soname,libw.so -o two/libw.so ../../../testlibs/search_paths.c
// after: $compiler -o prog ../../../testlibs/search_paths.c -Lone -lw -Wl,--disable-new-dtags,-rpath,'$ORIGIN/one'
// after: $compiler -o runpath ../../../testlibs/search_paths.c -Lone -lw -Wl,--enable-new-dtags,-rpath,'$ORIGIN/one'
// env: LD_LIBRARY_PATH=two
// programs: prog runpath
#include <stdio.h>
#ifdef LIB
int which(void) { return LIB; }
#else
int which(void);
int main(void) { printf("%d\n", which()); return 0; }
#endif
