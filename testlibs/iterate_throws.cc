// proves: an exception, and a thread's end, leave dl_iterate_phdr through its callback, and nothing stays locked
// build: prog -pthread
#include <cstdio>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
static int throws(dl_phdr_info *, size_t, void *n) { if (--*static_cast<int *>(n) == 0) throw 42; return 0; }
static int ends(dl_phdr_info *, size_t, void *) { pthread_exit(const_cast<char *>("left")); }
static int counts(dl_phdr_info *, size_t, void *n) { ++*static_cast<int *>(n); return 0; }
static void *other(void *)
{
	int n = 0;
	dl_iterate_phdr(counts, &n);
	void *h = dlopen("libm.so.6", RTLD_NOW);
	printf("another thread goes on: %d\n", n > 2 && h);
	return nullptr;
}
static void *leaver(void *) { dl_iterate_phdr(ends, nullptr); return nullptr; }
int main()
{
	pthread_t t;
	void *r;
	for (int at = 1; at < 4; at++) { /* the program, the vDSO, a library */
		int n = at;
		try { dl_iterate_phdr(throws, &n); puts("not thrown"); } catch (int what) { printf("caught %d\n", what); }
		pthread_create(&t, nullptr, other, nullptr);
		pthread_join(t, nullptr);
	}
	pthread_create(&t, nullptr, leaver, nullptr);
	pthread_join(t, &r);
	puts(static_cast<char *>(r));
	other(nullptr);
	pthread_create(&t, nullptr, other, nullptr);
	pthread_join(t, nullptr);
	return 0;
}
