// proves: dlinfo lists each directory of a search path once a list, as ld.so does
// env: LD_LIBRARY_PATH=.:/tmp//:.:/tmp:/nothere
// build: libx.so -shared -fPIC -DLIB=1 -Wl,--disable-new-dtags,-rpath,'$ORIGIN:$ORIGIN/:/tmp'
// build: prog -Wl,--disable-new-dtags,-rpath,'$ORIGIN:/usr'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#if LIB
int x;
#else
static void list(void *handle)
{
	Dl_serinfo size, *info;
	if (dlinfo(handle, RTLD_DI_SERINFOSIZE, &size))
		exit(1);
	info = malloc(size.dls_size);
	*info = size;
	if (dlinfo(handle, RTLD_DI_SERINFO, info))
		exit(1);
	for (unsigned i = 0; i < info->dls_cnt; i++)
		printf("%s %u\n", info->dls_serpath[i].dls_name, info->dls_serpath[i].dls_flags);
}
int main(void)
{
	void *x = dlopen("libx.so", RTLD_NOW);
	if (!x)
		return puts(dlerror());
	list(dlopen(NULL, RTLD_NOW));
	list(x);
	return 0;
}
#endif
