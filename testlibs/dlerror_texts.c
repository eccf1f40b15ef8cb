// proves: dlerror: texts, cleared when read, per thread
// build: libok.so -shared -fPIC -DLIB
// build: prog -pthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
int ok;
#else
static void *other(void *arg) { printf("other %s\n", dlerror() ? "text" : "none"); return NULL; }
int main(void)
{
	pthread_t t;
	printf("%d\n", dlopen("libnowhere.so.9", RTLD_NOW) == NULL);
	pthread_create(&t, NULL, other, NULL);
	pthread_join(t, NULL);
	printf("%s\n", dlerror());
	printf("%d\n", dlerror() == NULL);
	dlopen("./nofile.so", RTLD_NOW);
	printf("%s\n", dlerror());
	void *h = dlopen("./libok.so", RTLD_NOW);
	dlsym(h, "missing");
	printf("%s\n", dlerror());
	printf("%d\n", dlvsym(h, "ok", "V7") == dlsym(h, "ok")); /* an object without versions has every one */
	dlsym(RTLD_DEFAULT, "missing_too");
	printf("%s\n", dlerror());
	dlopen("/etc/passwd", RTLD_NOW);
	printf("%d\n", dlerror() != NULL);
	dlopen("./libok.so", 0);
	printf("%s\n", dlerror());
	return 0;
}
#endif
