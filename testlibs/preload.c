// proves: LD_PRELOAD comes before the libraries, and finds the original with RTLD_NEXT
// build: libpre.so -shared -fPIC -DLIB
// build: prog
// env: LD_PRELOAD=./libpre.so
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
#ifdef LIB
pid_t getppid(void)
{
	pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "getppid");
	return real() > 0 ? 4242 : 1;
}
#else
#include <stdlib.h>
int main(void) { printf("%d %s\n", (int)getppid(), getenv("LD_PRELOAD")); return 0; }
#endif
