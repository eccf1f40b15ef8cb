// proves: PT_GNU_RELRO counts by whole pages: it may begin before the segment that it protects, as mold writes it
// build: libearly.so -shared -fPIC -DLIB -Wl,-z,relro,-z,now
// build: earlier -DEARLIER
// build: prog -pie -fPIE -Wl,-z,relro,-z,now -L. -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libearly.so
// after: ./earlier libearly.so && ./earlier prog
#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef LIB
static int value = 7;
__thread int local = 3;
int *const table[] = {&value};
int *const *early_table(void) { return table; }
int early(void) { return *table[0] + local++; }
#elif defined EARLIER
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r+");
	Elf64_Ehdr eh;
	Elf64_Phdr ph[64];
	int changed = 0;

	if (!f || fread(&eh, sizeof(eh), 1, f) != 1 || fseek(f, eh.e_phoff, SEEK_SET) || fread(ph, sizeof(*ph), eh.e_phnum, f) != eh.e_phnum)
		return 1;
	for (Elf64_Phdr *p = ph; p < ph + eh.e_phnum; p++)
		if (p->p_type == PT_GNU_RELRO) {
			Elf64_Addr page = p->p_vaddr & -4096UL;

			changed = p->p_vaddr != page;
			p->p_memsz += p->p_vaddr - page;
			p->p_offset -= p->p_vaddr - page;
			p->p_filesz = p->p_memsz;
			p->p_vaddr = p->p_paddr = page;
		}
	return !changed || fseek(f, eh.e_phoff, SEEK_SET) || fwrite(ph, sizeof(*ph), eh.e_phnum, f) != eh.e_phnum || fclose(f);
}
#else
int early(void);
int *const *early_table(void);
extern __thread int local;
static __thread long own = 20;
static int value = 9;
static int *const table[] = {&value};
static sigjmp_buf back;
static void caught(int number) { siglongjmp(back, number); }
static void write_to(int *const *at)
{
	if (sigsetjmp(back, 1) == 0) {
		*(int *volatile *)at = NULL;
		puts("written");
	} else
		puts("read-only");
}
int main(void)
{
	signal(SIGSEGV, caught);
	printf("%d %d %d %ld\n", early(), early(), local, own);
	printf("%d\n", *table[0]);
	write_to(early_table());
	write_to(table);
	return 0;
}
#endif
