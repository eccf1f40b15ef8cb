/*
 * Symbols of an ELF file by address: .symtab, else that of its separate debug file (found by
 * build-id or .gnu_debuglink), else .dynsym.
 */
#ifndef SHMSTAT_SYM_SYMBOLS_H
#define SHMSTAT_SYM_SYMBOLS_H

#include "shmstat/sym/elffile.h"

struct symbol {
	uint64_t address, size; /* size in bytes; one without a size has 0 */
	const char *name; /* as in the file, mangled; untrusted bytes */
	unsigned char kind; /* STT_ */
	unsigned char binding; /* STB_ */
	unsigned char visibility; /* STV_ */
};

/* All symbols with an address (no sections, files, thread-locals), by address. */
size_t symbols_all(struct elffile *f, const struct symbol **first);

/*
 * Symbols that overlap [start, end), by address: writes the first `capacity` of them to `found`
 * (may be NULL if capacity is 0) and returns how many there are. One of size 0 counts as one byte.
 * Of several with the same address and size (aliases) only the best is found: global before weak
 * before local, then by name.
 */
size_t symbols_in(struct elffile *f, uint64_t start, uint64_t end, const struct symbol **found,
		  size_t capacity);

/* The innermost symbol around an address, or NULL. `offset` may be NULL. */
const struct symbol *symbol_at(struct elffile *f, uint64_t address, uint64_t *offset);

/* Where the symbols came from: "symtab", "debug file", "dynsym", or "none". */
const char *symbols_source(struct elffile *f);

/*
 * A symbol's name in the source's words: C++, Rust (D, Go) demangled, else a copy of the name.
 * malloc'd; NULL only without memory.
 */
char *symbol_demangle(const char *name);

/* What elffile_close frees. */
struct symbol_index;
void symbols_free(struct symbol_index *index);

#endif
