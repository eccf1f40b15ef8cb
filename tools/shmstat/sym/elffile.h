/*
 * An ELF file opened to be asked about: segments, sections, and what lies at an address of it.
 *
 * Files are any that processes have mapped: of any CPU, class and byte order, stripped, truncated
 * or made to mislead. Every question is answered from tables that were checked when they were read;
 * a table that is damaged is taken as absent and noted in elffile_complaint.
 *
 * All is lazy: opening reads the ELF header and the program headers, the first question about
 * sections, symbols (symbols.h), relocations (relocs.h) or declarations (lines.h) reads what it
 * needs, once. DWARF is read by lines.h alone. elffile_close frees everything; all pointers that
 * these functions return belong to the file and live until then.
 *
 * Addresses are the file's own (p_vaddr, before the load bias is added).
 */
#ifndef SHMSTAT_SYM_ELFFILE_H
#define SHMSTAT_SYM_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a file, and where: one line without the file's name. */
struct elf_error {
	char text[160];
};

struct elffile;

struct elf_segment {
	uint64_t address, offset, file_size, memory_size, align; /* bytes */
	unsigned flags; /* PF_R | PF_W | PF_X */
};

struct elf_section {
	const char *name;
	uint64_t address, offset, size; /* bytes */
	uint32_t type; /* SHT_ */
	uint64_t flags; /* SHF_ */
};

/*
 * Open a file by path, or take over a descriptor that is already open for reading (/proc/PID/exe,
 * map_files…): it is closed with the file, and at once on failure. `path` is then only the name
 * that debug links and messages go by. NULL with *error set if it is no ELF file that has segments.
 */
struct elffile *elffile_open(const char *path, struct elf_error *error);
struct elffile *elffile_open_fd(int fd, const char *path, struct elf_error *error);
void elffile_close(struct elffile *f);

const char *elffile_path(const struct elffile *f);
unsigned elffile_machine(const struct elffile *f); /* EM_ */
unsigned elffile_type(const struct elffile *f); /* ET_EXEC or ET_DYN */
unsigned elffile_word(const struct elffile *f); /* bytes in a pointer: 4 or 8 */
/* The first damage met so far, or NULL: what could not be read, not why the file is bad. */
const char *elffile_complaint(const struct elffile *f);

/* PT_LOAD segments in the order of their addresses. */
size_t elffile_segments(const struct elffile *f, const struct elf_segment **first);
/* PT_GNU_RELRO's range; false if there is none. */
bool elffile_relro(const struct elffile *f, uint64_t *start, uint64_t *end);

/*
 * The bias (what to add to the file's addresses) of a mapping of this file: `start` and `length` of
 * the mapping, `offset` in the file. With several segments in one page of the file, `writable`
 * chooses (a mapping that was written to is of a PF_W segment; RELRO makes it read-only later).
 * False if no segment is mapped like that.
 */
bool elffile_bias(const struct elffile *f, uint64_t start, uint64_t length, uint64_t offset,
		  bool writable, uint64_t *bias);

/* Sections that occupy memory, by address; without section headers none. */
size_t elffile_sections(struct elffile *f, const struct elf_section **first);
/* The section at an address; NULL if there is none. TLS .tbss has no place and is never found. */
const struct elf_section *elffile_section_at(struct elffile *f, uint64_t address);

/* `size` bytes at an address as the file has them (zero where memory goes on after the file's end).
 * False if no segment holds them all or the file ends before. */
bool elffile_read(struct elffile *f, uint64_t address, void *to, size_t size);

#endif
