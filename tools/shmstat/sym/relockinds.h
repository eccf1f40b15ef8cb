/* The table of relocation kinds, by CPU. */
#ifndef SHMSTAT_SYM_RELOCKINDS_H
#define SHMSTAT_SYM_RELOCKINDS_H

#include "shmstat/sym/relocs.h"

struct reloc_kind {
	uint32_t type;
	uint8_t class; /* enum reloc_class */
	uint8_t size; /* bytes written; 0: a pointer's (COPY: the symbol's) */
	const char *name;
};

/* NULL: not a dynamic relocation of that CPU, or not a CPU of the table. */
const struct reloc_kind *reloc_kind(unsigned machine, uint32_t type);
/* The number that the CPU has for RELATIVE, which RELR entries stand for; 0 if not known. */
uint32_t reloc_relative_type(unsigned machine);

/* "R_X86_64_GLOB_DAT"; "type 213" for a number that is not in the table. Static or in a static
 * buffer that the next call overwrites. */
const char *reloc_type_name(unsigned machine, uint32_t type);
/* "relative", "symbolic", "got", "jump slot", "copy", … */
const char *reloc_class_name(enum reloc_class class);

#endif
