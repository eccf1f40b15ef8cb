/* What the files of the symboliser share with each other: the inside of struct elffile. */
#ifndef SHMSTAT_SYM_ELFFILE_IMPL_H
#define SHMSTAT_SYM_ELFFILE_IMPL_H

#include <gelf.h>

#include "shmstat/sym/dynamic.h"
#include "shmstat/sym/elffile.h"

#define WINDOW 65536u

struct symbol_index;
struct reloc_index;
struct line_index;

struct elffile {
	char *path;
	int fd;
	Elf *elf;
	GElf_Ehdr header;
	unsigned word;
	uint64_t size; /* of the file, bytes */
	struct elf_segment *segments;
	size_t segment_count;
	uint64_t relro_start, relro_end;
	uint64_t dynamic_address, dynamic_offset, dynamic_size;

	bool sections_read, build_id_read, debug_sought, complained;
	struct elf_section *sections;
	size_t section_count;
	char build_id[129];
	struct elf_error complaint;
	struct dynamic dynamic;

	/* The separate debug file, if one was looked for and found. */
	Elf *debug_elf;
	int debug_fd;

	struct symbol_index *symbols;
	struct reloc_index *relocs;
	struct line_index *lines;

	/* elffile_read's last piece of the file */
	unsigned char *window;
	uint64_t window_offset;
	size_t window_size;
};

/* Note the first damage found: what, in this file. */
__attribute__((format(printf, 2, 3))) void elffile_complain(struct elffile *f, const char *format,
							    ...);
__attribute__((format(printf, 2, 3))) void elf_error_set(struct elf_error *error,
							 const char *format, ...);

/* `size` bytes of file at an address, translated to this machine's order as `type`. NULL if the
 * file does not hold them. Belongs to f->elf. */
Elf_Data *elffile_chunk(struct elffile *f, uint64_t address, uint64_t size, Elf_Type type);
/* A pointer's worth at an address, in this machine's order. */
bool elffile_word_at(struct elffile *f, uint64_t address, uint64_t *value);

#endif
