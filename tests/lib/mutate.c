/*
 * mutate FILE SEED: write a damaged copy of an ELF file to standard output.
 *
 * Damages one to four places among those that a loader reads: ELF header, program headers, dynamic
 * section, and the first bytes of the tables that the dynamic section names. The seed decides; the
 * same seed gives the same bytes.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint64_t
next_random(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

static uint64_t
nasty_number(void)
{
	static const uint64_t nasty[] = {0,
					 1,
					 7,
					 0x7fffffff,
					 0x80000000,
					 0xffffffff,
					 0x7fffffffffffffff,
					 0xffffffffffffffff,
					 0x1000,
					 0xfff,
					 0x10000000000,
					 24,
					 0xfffffffffffff000};

	return next_random() % 3 ? nasty[next_random() % (sizeof(nasty) / sizeof(*nasty))]
				 : next_random();
}

/* File offset of an address, by the program headers of the undamaged file. */
static size_t
offset_of(const Elf64_Ehdr *eh, const char *image, uint64_t address)
{
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(image + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && address - ph[i].p_vaddr < ph[i].p_filesz)
			return address - ph[i].p_vaddr + ph[i].p_offset;
	return 0;
}

/* Somewhere in the header, the program headers, the dynamic section or one of its tables. */
static size_t
choose_place(const Elf64_Ehdr *eh, const char *image, size_t size)
{
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(image + eh->e_phoff), *dynamic = NULL;
	size_t at = 0;

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			dynamic = &ph[i];
	switch (next_random() % 8) {
	case 0:
		at = next_random() % sizeof(*eh);
		break;
	case 1:
	case 2:
		at = eh->e_phoff + next_random() % (eh->e_phnum * sizeof(*ph));
		break;
	case 3:
	case 4:
		at = dynamic ? dynamic->p_offset + next_random() % dynamic->p_filesz : 0;
		break;
	default:
		if (dynamic) {
			const Elf64_Dyn *d = (const Elf64_Dyn *)(image + dynamic->p_offset);
			size_t entry = next_random() % (dynamic->p_filesz / sizeof(*d));

			at = offset_of(eh, image, d[entry].d_un.d_ptr) + next_random() % 200;
		}
	}
	return at + 8 <= size ? at : 0;
}

int
main(int argc, char **argv)
{
	FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;
	static char image[1 << 22], original[1 << 22];
	size_t size;

	if (!f)
		return 2;
	size = fread(image, 1, sizeof(image), f);
	fclose(f);
	memcpy(original, image, size);
	state = (uint64_t)atoll(argv[2]) * 2654435761u + 12345;
	for (uint64_t n = next_random() % 4 + 1; n; n--) {
		size_t at = choose_place((const Elf64_Ehdr *)original, original, size);
		uint64_t value = nasty_number();

		if (next_random() % 2)
			memcpy(image + (at & ~(size_t)7), &value, 8);
		else if (next_random() % 2)
			memcpy(image + (at & ~(size_t)3), &value, 4);
		else
			image[at] = (char)(image[at] ^ (1 << next_random() % 8));
	}
	return fwrite(image, 1, size, stdout) != size;
}
