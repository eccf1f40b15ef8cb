/* Which symbol a relocated word of an object stands for: its dynamic relocations. */
#ifndef XIPSTORE_RELOCS_H
#define XIPSTORE_RELOCS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/store_format.h"

struct reloc {
	uint64_t offset; /* address in the file's own terms */
	enum reloc_kind kind;
	const char *symbol; /* "" without one; owned by the set */
};

struct segment {
	uint64_t address, pages; /* page-aligned, in the file's own terms */
};

struct relocs {
	struct reloc *list; /* by offset; owned */
	size_t count, capacity;
	struct segment
		*writable; /* file pages of the writable segments, in the headers' order; owned */
	size_t nwritable;
	uint64_t low; /* first address of the object in the file's own terms */
	void *elf; /* what the symbols' names lie in */
	int fd;
};

/* Read an object's file. Whatever cannot be read is not there: the set is smaller, or empty. */
void relocs_read(struct relocs *relocs, const char *path);
void relocs_free(struct relocs *relocs);

/* The relocation of the word at this offset, or NULL. */
const struct reloc *relocs_at(const struct relocs *relocs, uint64_t offset);

#endif
