// proves: dl_iterate_phdr: program first and nameless, adds and subs count, thread-local data, headers in memory
// build: libp.so -shared -fPIC -DLIB
// build: prog
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#ifdef LIB
__thread int tt = 3;
int *get(void) { return &tt; }
#else
static __thread int own = 5;
static unsigned long long adds, subs;
static int seen, lib_seen;
static int look(struct dl_phdr_info *i, size_t size, void *data)
{
	if (seen++ == 0)
		printf("first '%s' tls %d\n", i->dlpi_name, i->dlpi_tls_data != NULL && (char *)&own >= (char *)i->dlpi_tls_data);
	for (int p = 0; p < i->dlpi_phnum; p++)
		if (i->dlpi_phdr[p].p_type == PT_DYNAMIC && *(long *)(i->dlpi_addr + i->dlpi_phdr[p].p_vaddr) == 0)
			puts("no dynamic section");
	lib_seen |= strstr(i->dlpi_name, "libp.so") != NULL;
	adds = i->dlpi_adds;
	subs = i->dlpi_subs;
	return 0;
}
int main(void)
{
	unsigned long long a, s;
	dl_iterate_phdr(look, NULL);
	a = adds;
	s = subs;
	void *h = dlopen("./libp.so", RTLD_NOW);
	seen = 0;
	dl_iterate_phdr(look, NULL);
	printf("%d %d %d\n", lib_seen, (int)(adds - a), (int)(subs - s));
	dlclose(h);
	seen = lib_seen = 0;
	dl_iterate_phdr(look, NULL);
	printf("%d %d %d\n", lib_seen, (int)(adds - a), (int)(subs - s));
	return 0;
}
#endif
