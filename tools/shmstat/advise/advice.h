/* shmstat advise: what of a file a dynamic linker writes to at load, and what would help. */
#ifndef SHMSTAT_ADVISE_ADVICE_H
#define SHMSTAT_ADVISE_ADVICE_H

#include "shmstat/sym/elffile.h"
#include "shmstat/sym/lines.h"
#include "shmstat/sym/relocs.h"

enum advice_kind {
	ITEM_VTABLE,
	ITEM_TYPEINFO,
	ITEM_TABLE, /* every word of it is relocated */
	ITEM_POINTER, /* one word */
	ITEM_OBJECT, /* some of its words are */
	ITEM_GOT,
	ITEM_JUMP_SLOT,
	ITEM_TLS,
	ITEM_CONSTRUCTORS,
	ITEM_COPY,
	ITEM_TEXT,
	ITEM_UNNAMED, /* relocated, but no symbol says what it is */
	ITEM_WRITABLE, /* not relocated; private from the first write at run time on */
	ITEM_KINDS
};

enum remedy {
	REMEDY_OFFSETS,
	REMEDY_CONST,
	REMEDY_HIDDEN,
	REMEDY_VTABLES,
	REMEDY_RTTI,
	REMEDY_CONSTRUCTORS,
	REMEDY_NO_PLT,
	REMEDY_NO_COPY,
	REMEDY_PIC,
	REMEDY_SEPARATE,
	REMEDY_RELR,
	REMEDIES
};

/* One thing that a programmer knows by name: an object, an entry of the GOT, a section of pointers.
 */
struct advice_item {
	enum advice_kind kind;
	const char *symbol; /* as in the file; of a GOT entry, what it refers to; NULL: none */
	char *shown; /* demangled; NULL if symbol is; owned */
	const struct elf_section *section; /* may be NULL */
	uint64_t address, size; /* bytes */
	uint64_t
		target; /* what an entry of the GOT, a constructor refers to in the file; 0: none */
	size_t relocs, lookups; /* look-ups: relocations that need a symbol's address */
	size_t pages; /* that its relocations write to (ITEM_WRITABLE: that it lies in) */
	size_t own_pages; /* of these, pages that nothing else makes private at load */
	uint32_t type; /* of its first relocation */
	bool mixed_types; /* others are of other types */
	bool relro; /* read-only after load */
	bool mixed; /* shares a page with both relocated and writable objects */
	const struct declaration *declared; /* NULL without DWARF */
	unsigned remedies; /* 1 << enum remedy */
};

/* A page that is private once the file is loaded. */
struct advice_page {
	uint64_t address;
	size_t relocs;
	size_t remedied[REMEDIES]; /* of its relocations, how many each remedy removes */
	size_t items, last_item;
	bool dynamic; /* the dynamic linker writes to the dynamic section here (or to GOT[1..2]) */
	bool bss; /* the rest of the last file page is zeroed */
	bool relro;
};

struct advice_section {
	const char *name;
	size_t relocs, pages;
	uint64_t address, size;
};

struct advice_remedy {
	size_t items, relocs; /* that it concerns */
	size_t gone, lookups; /* relocations, and symbol look-ups, that there would be no more */
	size_t pages; /* at least: those that have no relocation left, nothing moved */
	size_t repacked; /* when the linker closes the gaps; an estimate, >= pages */
	uint64_t bytes; /* of the objects that it concerns */
	uint64_t file_bytes; /* of tables in the file, not private memory */
};

struct advice {
	struct elffile *file;
	uint64_t page; /* bytes */
	size_t mapped_pages, writable_pages; /* of the segments' file part */
	size_t relocs, lookups, by_class[RELOC_CLASSES], relr;
	size_t relocated_pages,
		written_pages; /* by relocations; those and by ld.so's other writes */
	size_t outside; /* relocations that no segment holds: counted, but in no page */
	uint64_t relro_bytes,
		data_bytes; /* sections of relocated read-only, and of writable data */
	struct advice_page *pages;
	size_t page_count;
	struct advice_item *items;
	size_t item_count, item_capacity;
	struct advice_section *sections;
	size_t section_count;
	struct advice_remedy remedies[REMEDIES];
};

/* Read f (which must outlive the advice) and think. With lines, DWARF is read. False: no memory. */
bool advice_make(struct advice *a, struct elffile *f, bool lines);
void advice_free(struct advice *a);

struct advise_options {
	bool json, csv, demangle, lines, by_line, pages;
	size_t top; /* entries of a list; 0: all */
};

#endif
