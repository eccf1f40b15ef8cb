// proves: program headers may lie at the end of the file, outside every segment
// build: libend.so -shared -fPIC -DLIB
// build: mover -DMOVER
// after: ./mover libend.so
// build: prog -L. -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed libend.so
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef LIB
int answer(void) { return 42; }
#elif defined MOVER
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r+");
	Elf64_Ehdr eh;
	Elf64_Phdr ph[64];
	if (!f || fread(&eh, sizeof(eh), 1, f) != 1 || fseek(f, eh.e_phoff, SEEK_SET) || fread(ph, sizeof(*ph), eh.e_phnum, f) != eh.e_phnum)
		return 1;
	fseek(f, 0, SEEK_END);
	while (ftell(f) & 7)
		fputc(0, f);
	eh.e_phoff = ftell(f);
	for (int i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_PHDR)
			ph[i].p_type = PT_NULL;
	fwrite(ph, sizeof(*ph), eh.e_phnum, f);
	rewind(f);
	fwrite(&eh, sizeof(eh), 1, f);
	return fclose(f);
}
#else
int answer(void);
int main(void) { printf("%d\n", answer()); return 0; }
#endif
