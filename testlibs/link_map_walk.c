// proves: the link map as glibc has it: addresses in .dynamic, a nameless program first, a live _r_debug; GOTs can be patched
// build: libcaller.so -shared -fPIC -DLIB -Wl,-z,lazy
// build: liblate.so -shared -fPIC -DLIB -Wl,-z,lazy
// build: copy -Wl,-rpath,'$ORIGIN' libcaller.so
// build: got -fPIC -Wl,-z,now -Wl,-rpath,'$ORIGIN' libcaller.so
// build: fixed -no-pie -fno-pie -Wl,-rpath,'$ORIGIN' libcaller.so
// programs: copy got fixed
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef LIB
int ask(int x) { return x + (int)random(); }
#else
extern struct r_debug _r_debug;
int ask(int);

static long other_random(void) { return 1000; }

static ElfW(Dyn) *entry(const struct link_map *m, long tag)
{
	for (ElfW(Dyn) *d = m->l_ld; d->d_tag; d++)
		if (d->d_tag == tag)
			return d;
	return NULL;
}

/* What is added to a pointer of this tag: the base, or nothing. */
static const char *kind(const struct link_map *m, long tag)
{
	const ElfW(Dyn) *d = entry(m, tag);

	return !d ? "none" : !m->l_addr ? "base 0" : d->d_un.d_ptr >= m->l_addr ? "address" : "offset";
}

static void show(const struct link_map *m)
{
	static const long tags[] = {DT_HASH, DT_GNU_HASH, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_JMPREL,
				    DT_PLTGOT, DT_VERSYM, DT_VERNEED, DT_VERDEF, DT_INIT_ARRAY, DT_FINI};
	const char *slash = strrchr(m->l_name, '/');

	if (strstr(m->l_name, "vdso"))
		return;
	printf("%s:", slash ? slash + 1 : m->l_name);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		printf(" %s", kind(m, tags[i]));
	printf(" %d\n", !m->l_next || m->l_next->l_prev == m);
}

/* As tools do it that know glibc. */
static int patch(const struct link_map *m, const char *name, void *value)
{
	const ElfW(Sym) *symbols = (void *)entry(m, DT_SYMTAB)->d_un.d_ptr;
	const char *strings = (void *)entry(m, DT_STRTAB)->d_un.d_ptr;
	const ElfW(Dyn) *table = entry(m, DT_JMPREL), *size = entry(m, DT_PLTRELSZ);
	long page = sysconf(_SC_PAGESIZE);
	int hits = 0;

	for (size_t i = 0; table && i < size->d_un.d_val / sizeof(ElfW(Rela)); i++) {
		const ElfW(Rela) *r = (ElfW(Rela) *)table->d_un.d_ptr + i;
		void **slot = (void **)(m->l_addr + r->r_offset);

		if (strcmp(strings + symbols[ELF64_R_SYM(r->r_info)].st_name, name))
			continue;
		mprotect((void *)((long)slot & -page), (size_t)page, PROT_READ | PROT_WRITE);
		*slot = value;
		hits++;
	}
	return hits;
}

static int count(void)
{
	int n = 0;

	for (struct link_map *m = _r_debug.r_map; m; m = m->l_next)
		n++;
	return n;
}

int main(void)
{
	struct link_map *mine, *late;
	struct r_debug *found = (void *)entry(_r_debug.r_map, DT_DEBUG)->d_un.d_ptr;
	void *handle;
	int before, hits = 0, (*late_ask)(int);

	printf("version %d state %d brk %d ldbase %d\n", _r_debug.r_version, _r_debug.r_state,
	       _r_debug.r_brk != 0, _r_debug.r_ldbase != 0);
	printf("DT_DEBUG: same %d map %d brk %d ldbase %d state %d, dlsym %d next %d\n", found == &_r_debug,
	       found->r_map == _r_debug.r_map, found->r_brk == _r_debug.r_brk,
	       found->r_ldbase == _r_debug.r_ldbase, found->r_state,
	       dlsym(RTLD_DEFAULT, "_r_debug") == (void *)&_r_debug, dlsym(RTLD_NEXT, "_r_debug") == (void *)found);
	dlinfo(dlopen(NULL, RTLD_LAZY), RTLD_DI_LINKMAP, &mine);
	printf("program first %d '%s'\n", mine == _r_debug.r_map && !mine->l_prev, mine->l_name);
	before = count();
	handle = dlopen("./liblate.so", RTLD_LAZY);
	printf("grew %d\n", count() - before);
	for (struct link_map *m = _r_debug.r_map; m; m = m->l_next)
		show(m);
	for (struct link_map *m = _r_debug.r_map; m; m = m->l_next)
		if (strstr(m->l_name, "libcaller"))
			hits = patch(m, "random", (void *)other_random);
	printf("patched %d: %d\n", hits, ask(7));
	dlinfo(handle, RTLD_DI_LINKMAP, &late);
	late_ask = (int (*)(int))dlsym(handle, "ask");
	hits = patch(late, "random", (void *)other_random);
	printf("patched %d: %d\n", hits, late_ask(8));
	dlclose(handle);
	printf("shrank %d\n", count() - before);
	return 0;
}
#endif
