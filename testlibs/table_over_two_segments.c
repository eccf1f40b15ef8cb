// proves: a table may begin in one segment and end in the next, as in programs and libraries that patchelf has written
// build: libmany.so -shared -fPIC -DLIB
// build: splitter -DSPLITTER
// build: prog -pie -fPIE -L. -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libmany.so
// build: fixed -no-pie -fno-pie -L. -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libmany.so
// after: ./splitter libmany.so && ./splitter prog && ./splitter fixed
// programs: prog fixed
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define TEN(x, n) x(n##0) x(n##1) x(n##2) x(n##3) x(n##4) x(n##5) x(n##6) x(n##7) x(n##8) x(n##9)
#define MANY(x) TEN(x, 1) TEN(x, 2) TEN(x, 3) TEN(x, 4) TEN(x, 5) TEN(x, 6) TEN(x, 7) TEN(x, 8) TEN(x, 9)
#define NAME(n) function_with_a_name_that_fills_the_table_of_strings_##n
#ifdef LIB
#define DEFINE(n) int NAME(n)(void) { return n; }
MANY(DEFINE)
#elif defined SPLITTER
/* In two at the end of its first page: the loadable segment that holds the symbols' names. A note makes room for it. */
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r+");
	Elf64_Ehdr eh;
	Elf64_Phdr ph[64], *load = NULL, *note = NULL;

	if (!f || fread(&eh, sizeof(eh), 1, f) != 1 || fseek(f, eh.e_phoff, SEEK_SET) || fread(ph, sizeof(*ph), eh.e_phnum, f) != eh.e_phnum)
		return 1;
	for (Elf64_Phdr *p = ph; p < ph + eh.e_phnum; p++) {
		if (p->p_type == PT_LOAD && !load)
			load = p;
		if (p->p_type == PT_NOTE)
			note = p;
	}
	if (!load || note < load || load->p_offset || load->p_filesz < 2 * 4096) {
		fprintf(stderr, "%s: nothing to split\n", argv[1]);
		return 1;
	}
	memmove(load + 2, load + 1, (note - load - 1) * sizeof(*load));
	load[1] = load[0];
	load[0].p_filesz = load[0].p_memsz = load[1].p_offset = 4096;
	load[1].p_vaddr += 4096;
	load[1].p_paddr += 4096;
	load[1].p_filesz -= 4096;
	load[1].p_memsz -= 4096;
	load[0].p_align = load[1].p_align = 4096;
	return fseek(f, eh.e_phoff, SEEK_SET) || fwrite(ph, sizeof(*ph), eh.e_phnum, f) != eh.e_phnum || fclose(f);
}
#else
#define DECLARE(n) int NAME(n)(void);
#define ADD(n) sum += NAME(n)();
MANY(DECLARE)
int main(void)
{
	int sum = 0;

	MANY(ADD)
	printf("%d\n", sum);
	return 0;
}
#endif
