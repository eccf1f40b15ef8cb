// proves: dladdr, dladdr1, dlinfo (LINKMAP, ORIGIN, LMID, SERINFO, TLS_MODID, TLS_DATA)
// build: libi.so -shared -fPIC -DLIB
// build: prog -rdynamic
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef LIB
__thread int t = 4;
int f(void) { return 1; }
int *taddr(void) { return &t; }
#else
int exported(void) { return 0; }
int main(void)
{
	Dl_info i;
	ElfW(Sym) *sym;
	struct link_map *map, *map2;
	Lmid_t ns;
	char origin[4096], cwd[4096];
	size_t modid;
	void *data;
	Dl_serinfo size, *path;
	int found = dladdr((char *)exported + 1, &i);
	printf("%d %s\n", found, i.dli_sname);
	void *h = dlopen("./libi.so", RTLD_NOW), *f = dlsym(h, "f");
	found = dladdr(f, &i);
	printf("%d %s %s %d\n", found, i.dli_sname, strrchr(i.dli_fname, '/'), i.dli_saddr == f);
	found = dladdr1(f, &i, (void **)&sym, RTLD_DL_SYMENT);
	printf("%d %d\n", found, (char *)i.dli_fbase + sym->st_value == (char *)f);
	printf("%d\n", dladdr1(f, &i, (void **)&map, RTLD_DL_LINKMAP));
	found = dlinfo(h, RTLD_DI_LINKMAP, &map2);
	printf("%d %d %s\n", found, map == map2, strrchr(map->l_name, '/'));
	found = dlinfo(h, RTLD_DI_LMID, &ns);
	printf("%d %d\n", found, (int)ns);
	found = dlinfo(h, RTLD_DI_ORIGIN, origin);
	printf("%d %d\n", found, strcmp(origin, getcwd(cwd, sizeof(cwd))) == 0);
	found = dlinfo(h, RTLD_DI_TLS_MODID, &modid);
	printf("%d %d\n", found, modid != 0);
	dlinfo(h, RTLD_DI_TLS_DATA, &data);
	printf("%d\n", data == NULL);
	int *(*taddr)(void) = (int *(*)(void))dlsym(h, "taddr");
	taddr();
	dlinfo(h, RTLD_DI_TLS_DATA, &data);
	printf("%d\n", (char *)taddr() >= (char *)data);
	printf("%d\n", dlinfo(h, RTLD_DI_SERINFOSIZE, &size));
	path = malloc(size.dls_size);
	*path = size;
	found = dlinfo(h, RTLD_DI_SERINFO, path);
	printf("%d %d\n", found, path->dls_cnt > 0);
	dlinfo(h, RTLD_DI_SERINFOSIZE, path);
	dlinfo(h, RTLD_DI_SERINFO, path);
	printf("%d\n", path->dls_serpath[path->dls_cnt - 1].dls_name[0] == '/');
	printf("%d\n", dladdr((void *)1, &i));
	return 0;
}
#endif
