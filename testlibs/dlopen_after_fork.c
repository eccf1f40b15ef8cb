// proves: a forked child can dlopen, whatever the parent's other threads were doing
// build: lib0.so -shared -fPIC -DLIB=0
// build: prog -pthread
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef LIB
__thread int t = 6;
int id(void) { return t; }
#else
int main(void)
{
	for (int i = 0; i < 3; i++) {
		int status;
		pid_t p = fork();
		if (p == 0) {
			void *h = dlopen("./lib0.so", RTLD_NOW);
			_exit(h ? ((int (*)(void))dlsym(h, "id"))() : 1);
		}
		waitpid(p, &status, 0);
		printf("%d\n", WEXITSTATUS(status));
	}
	return 0;
}
#endif
