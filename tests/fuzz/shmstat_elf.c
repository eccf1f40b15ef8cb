/*
 * libFuzzer: a file of any bytes is opened as an ELF file, and asked all that shmstat asks of one:
 * sections, symbols, relocations, DWARF, and what would help against its private pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shmstat/advise/advice.h"
#include "shmstat/sym/debugfile.h"
#include "shmstat/sym/symbols.h"
#include "shmstat/sym/relockinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink; /* what is read is used */

static void
read_text(const char *s)
{
	sink += s ? strlen(s) : 0;
}

static void
ask_symbols(struct elffile *f)
{
	const struct symbol *first, *found[8];
	size_t n = symbols_all(f, &first);

	for (size_t i = 0; i < n && i < 64; i++) {
		const struct declaration *d;
		char *name = symbol_demangle(first[i].name);

		read_text(name);
		free(name);
		sink += symbols_in(f, first[i].address, first[i].address + 64, found, 8);
		d = declaration_at(f, first[i].address);
		if (d) {
			read_text(d->name);
			read_text(d->type);
			read_text(d->file);
		}
		sink += declaration_named(f, first[i].name) != NULL;
	}
}

static void
ask_bytes(struct elffile *f)
{
	const struct elf_segment *segments;
	const struct elf_section *sections;
	size_t n = elffile_segments(f, &segments);
	uint64_t bias;
	char byte[16];

	for (size_t i = 0; i < n && i < 64; i++) {
		sink += elffile_read(f, segments[i].address, byte, sizeof(byte));
		sink += elffile_bias(f, 0x7f0000000000, 0x1000, segments[i].offset, true, &bias);
	}
	n = elffile_sections(f, &sections);
	for (size_t i = 0; i < n && i < 64; i++)
		read_text(sections[i].name);
	read_text(elffile_build_id(f));
}

static void
ask_relocations(struct elffile *f)
{
	const struct reloc *first;
	size_t n = relocs_all(f, &first);

	for (size_t i = 0; i < n && i < 64; i++) {
		struct reloc_target target;

		reloc_target(f, &first[i], &target);
		read_text(target.name);
		read_text(reloc_type_name(elffile_machine(f), first[i].type));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("elf", 0);
	struct elf_error error;
	struct elffile *f;
	struct advice a;

	debugfile_directory("/nowhere");
	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	f = elffile_open_fd(fd, "/nowhere/file", &error);
	if (!f)
		return 0;
	ask_bytes(f);
	ask_relocations(f);
	ask_symbols(f);
	if (advice_make(&a, f, true))
		advice_free(&a);
	read_text(elffile_complaint(f));
	elffile_close(f);
	return 0;
}
