// proves: JUMP_SLOT and GLOB_DAT ignore their addend (ld -z mark-plt leaves the PLT's offset there), IFUNCs too
// only: x86_64 the other CPUs' GLOB_DAT and JUMP_SLOT have addends
// build: patch -DPATCH
// build: libb.so -shared -fPIC -DB
// build: liba.so -shared -fPIC -DA libb.so -Wl,-rpath,'$ORIGIN'
// build: liblate.so -shared -fPIC -DA libb.so -Wl,-rpath,'$ORIGIN'
// build: prog -fPIC -Wl,-rpath,'$ORIGIN' liba.so libb.so
// build: now -fPIC -no-pie -Wl,-z,now -Wl,-rpath,'$ORIGIN' liba.so libb.so
// after: ./patch prog now liba.so liblate.so libb.so
// programs: prog now
#include <dlfcn.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(PATCH)
static unsigned char file[1 << 20];
static int patch(const char *name)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)file;
	int slots = 0, gots = 0;
	FILE *f = fopen(name, "r+b");
	size_t size = f ? fread(file, 1, sizeof(file), f) : 0;
	Elf64_Shdr *sh = (Elf64_Shdr *)(file + eh->e_shoff);

	if (!size || size == sizeof(file))
		return 1;
	for (int s = 0; s < eh->e_shnum; s++)
		for (size_t n = 0; sh[s].sh_type == SHT_RELA && n < sh[s].sh_size / sizeof(Elf64_Rela); n++) {
			Elf64_Rela *r = (Elf64_Rela *)(file + sh[s].sh_offset) + n;
			int slot = ELF64_R_TYPE(r->r_info) == R_X86_64_JUMP_SLOT;
			int got = ELF64_R_TYPE(r->r_info) == R_X86_64_GLOB_DAT;

			slots += slot;
			gots += got;
			if (slot || got)
				r->r_addend = 0x1030 + 16 * (long)n;
		}
	rewind(f);
	if (fwrite(file, 1, size, f) != size || fclose(f) || !(slots + gots))
		return 1;
	return 0;
}
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (patch(argv[i]))
			return 1;
	return 0;
}
#elif defined(B)
int datum = 11;
int plain(int x) { return x + 1; }
static int one(int x) { return x + 100; }
static int (*resolve(void))(int) { return one; }
int chosen(int x) __attribute__((ifunc("resolve")));
#elif defined(A)
extern int datum;
int plain(int), chosen(int);
int through(int x) { return plain(x) + chosen(x) + datum + (int)strlen("four"); }
int (*address(int which))(int) { return which ? chosen : plain; }
#else
extern int datum;
int plain(int), chosen(int), through(int), (*address(int))(int);
int main(void)
{
	void *late = dlopen("liblate.so", RTLD_NOW);
	int (*f)(int) = late ? (int (*)(int))dlsym(late, "through") : NULL;
	char to[8];

	printf("%d %d %d %d\n", plain(1), chosen(1), through(1), f ? f(2) : -1);
	printf("%d %d %d\n", address(0) == plain, address(1)(5), datum);
	memcpy(to, "abc", 4);
	puts(to);
	return 0;
}
#endif
