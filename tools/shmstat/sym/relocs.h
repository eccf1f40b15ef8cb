/*
 * The relocations that a dynamic linker applies to an ELF file: those that DT_RELA, DT_REL, DT_RELR
 * and DT_JMPREL name (not the sections: `ld --emit-relocs` leaves others there). Their number is
 * that of `readelf -r`.
 */
#ifndef SHMSTAT_SYM_RELOCS_H
#define SHMSTAT_SYM_RELOCS_H

#include "shmstat/sym/elffile.h"

enum reloc_table { RELOC_RELA, RELOC_REL, RELOC_RELR, RELOC_JMPREL };

/* What a relocation does, on any CPU. */
enum reloc_class {
	RELOC_NONE, /* nothing is written */
	RELOC_RELATIVE, /* load address + addend: no look-up */
	RELOC_SYMBOLIC, /* address of a symbol in data */
	RELOC_GOT, /* address of a symbol in the global offset table (GLOB_DAT) */
	RELOC_JUMP_SLOT, /* address of a function for the PLT */
	RELOC_COPY, /* a library's variable copied to the program */
	RELOC_IRELATIVE, /* what a resolver function returns */
	RELOC_TLS, /* module number or offset of a thread-local */
	RELOC_OTHER, /* of this CPU, but none of the above (text relocations…) */
	RELOC_CLASSES
};

struct reloc {
	uint64_t address; /* first byte that is written */
	int64_t addend; /* REL and RELR: read from the place */
	uint32_t type; /* R_<CPU>_ number; RELR entries have the CPU's RELATIVE */
	uint32_t symbol; /* index in .dynsym; 0: none */
	uint32_t size; /* bytes written; of a COPY the symbol's size */
	uint8_t table; /* enum reloc_table */
	uint8_t class; /* enum reloc_class */
};

/* All relocations, by address. */
size_t relocs_all(struct elffile *f, const struct reloc **first);

/* Those that write to [start, end): a slice of relocs_all. (COPY relocations of long objects that
 * begin before `start` are included; entries of the slice that end before `start` are possible
 * then, so check with reloc_writes.) */
size_t relocs_in(struct elffile *f, uint64_t start, uint64_t end, const struct reloc **first);
bool reloc_writes(const struct reloc *r, uint64_t start, uint64_t end);

/* What it refers to. */
struct reloc_target {
	const char *name; /* dynamic symbol; NULL: the relocation has none */
	bool defined_here; /* the file itself defines it */
	unsigned char kind, binding, visibility; /* STT_, STB_, STV_ */
	uint64_t address; /* defined_here: the symbol's; no symbol: the addend */
};
void reloc_target(struct elffile *f, const struct reloc *r, struct reloc_target *target);

/* What elffile_close frees. */
struct reloc_index;
void relocs_free(struct reloc_index *index);

#endif
