/* The dynamic section, as a dynamic linker reads it. */
#ifndef SHMSTAT_SYM_DYNAMIC_H
#define SHMSTAT_SYM_DYNAMIC_H

#include <gelf.h>

#include "shmstat/sym/elffile.h"

/* The dynamic section and the dynamic symbols; all bounds checked. */
struct dynamic {
	bool read, present;
	uint64_t rela, rela_size, rel, rel_size, relr, relr_size, jmprel, jmprel_size;
	uint64_t symtab, strtab, strtab_size, pltgot;
	bool jmprel_is_rela, bind_now, symbolic, textrel;
	const char *strings; /* strtab_size bytes, of which the last is 0; NULL if damaged */
	Elf_Data *symbols; /* as the sections or the strings' place bound them; may be NULL */
	size_t symbol_count;
};

/* The dynamic section, read at the first call; ->present false if there is none. */
const struct dynamic *elffile_dynamic(struct elffile *f);
/* Dynamic symbol i; false if there is no such. *name points into the string table. */
bool dynamic_symbol(struct elffile *f, size_t i, GElf_Sym *sym, const char **name);

#endif
