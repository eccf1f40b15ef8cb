/*
 * Types and declarations of variables, out of DWARF: the file's own, that of its separate debug
 * file, and dwz's common one. Read once, at the first question; a file without DWARF answers NULL.
 *
 * elfutils' libdw rather than libdwarf: it shares the Elf handle with libelf, finds supplementary
 * (dwz) files, which Debian's debug packages need, and reads .debug_info of any class and byte
 * order.
 */
#ifndef SHMSTAT_SYM_LINES_H
#define SHMSTAT_SYM_LINES_H

#include "shmstat/sym/elffile.h"

struct declaration {
	const char *name; /* in the source's words: "ns::table" */
	const char *type; /* "const char *const[12]"; of a class "class"; NULL: not told */
	const char *file; /* as DWARF has it: absolute, or relative to an unknown directory; may be
			     NULL */
	unsigned line; /* 0: not told */
	uint64_t address, size; /* 0 for what has no place here: declared only, or a class */
	bool is_const; /* the object itself may not be written in its language */
};

/* Has the file DWARF (of its own or in a debug file)? Does not read it. */
bool lines_available(struct elffile *f);

/* The variable or function around an address, or NULL. */
const struct declaration *declaration_at(struct elffile *f, uint64_t address);

/* A function or variable by its linkage name (of a definition first, else of a declaration), or
 * NULL. */
const struct declaration *declaration_named(struct elffile *f, const char *linkage_name);

/* A class, struct or union by its qualified name ("ns::Shape"), or NULL: where a vtable comes from.
 */
const struct declaration *declaration_of_class(struct elffile *f, const char *name);

/* What elffile_close frees. */
struct line_index;
void lines_free(struct line_index *index);

#endif
