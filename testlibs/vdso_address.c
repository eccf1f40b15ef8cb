// proves: dladdr and dladdr1 know the vDSO, its name and its symbols
// build: prog
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
/* its functions, from its own table: a symbol is covered from its first byte on */
int main(void)
{
	const ElfW(Ehdr) *eh = (const void *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Phdr) *ph = eh ? (const void *)((const char *)eh + eh->e_phoff) : NULL;
	const ElfW(Sym) *sym = NULL;
	const char *names = NULL;
	struct link_map *map = NULL;
	Dl_info info;
	if (!eh) return puts("none"), 0;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			for (const ElfW(Dyn) *d = (const void *)((const char *)eh + ph[i].p_vaddr); d->d_tag; d++) {
				if (d->d_tag == DT_SYMTAB) sym = (const void *)((const char *)eh + d->d_un.d_ptr);
				if (d->d_tag == DT_STRTAB) names = (const char *)eh + d->d_un.d_ptr;
			}
	for (int i = 1; i < 4 && sym && names; i++) {
		if (!sym[i].st_value || ELF64_ST_TYPE(sym[i].st_info) != STT_FUNC) continue;
		int found = dladdr((const char *)eh + sym[i].st_value, &info);
		printf("%d %s %d %s\n", found, info.dli_fname, info.dli_fbase == (void *)eh, info.dli_sname ? "named" : "no name");
	}
	printf("%d\n", dladdr1(eh, &info, (void **)&map, RTLD_DL_LINKMAP));
	printf("%s\n", map && strstr(map->l_name, "vdso") ? "vdso" : "?");
	return 0;
}
