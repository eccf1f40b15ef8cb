/*
 * Why a page is private: one reason for each page that is a process's own, and what in it is
 * the cause, by symbol.
 *
 * A page copied from the ELF file itself was written to by the dynamic linker wherever a relocation
 * says so, and at run time wherever else it differs from the file. A page copied from a store is
 * relocated already: whatever differs was written at run time, but for what each launch has to ask
 * again (resolvers, thread-locals).
 */
#ifndef SHMSTAT_WHY_REASONS_H
#define SHMSTAT_WHY_REASONS_H

#include "shmstat/proc/model.h"
#include "shmstat/sym/elffile.h"
#include "shmstat/sym/relocs.h"
#include "shmstat/sym/symbols.h"

enum reason {
	REASON_RELOCATION, /* the dynamic linker wrote addresses to it */
	REASON_COPY, /* a library's variable was copied to the program (copy relocation) */
	REASON_WRITTEN, /* written at run time */
	REASON_ANON, /* never shared: it begins as zeros (bss) */
	REASON_COUNT
};

#define CAUSE_BYTES 8

/* One thing in a page: a variable, an entry of a table, or part of a section without a name. */
struct cause {
	enum reason reason;
	uint64_t address; /* the file's own, of the first word concerned */
	uint32_t words; /* relocations, or changed words */
	const struct symbol *symbol; /* around it; NULL: none */
	const struct elf_section *section; /* NULL: none */
	enum reloc_class class; /* REASON_RELOCATION, REASON_COPY */
	uint32_t type; /* R_ number of the first */
	const char
		*target; /* what it refers to: of a GOT entry, an imported symbol; NULL: nothing */
	bool has_bytes;
	uint8_t size; /* of the two: bytes of the first word */
	unsigned char before[CAUSE_BYTES], after[CAUSE_BYTES];
};

struct explanation {
	const struct process *process;
	const struct mapping *mapping;
	const struct object *object;
	const struct page *page;
	struct elffile *file; /* NULL: the object is no ELF file, or may not be opened */
	enum reason reason;
	bool compared; /* its bytes could be compared with what they were */
	const struct cause *causes; /* by address */
	size_t cause_count;
};

/* "relocation", "copy relocation", "written", "never shared": JSON's too. */
const char *reason_name(enum reason reason);

/*
 * What a cause concerns, in words: "table", "vtable for Shape", "GOT entry of stdout",
 * ".data+0x10". malloc'd; NULL without memory.
 */
char *cause_name(const struct explanation *e, const struct cause *c);

/*
 * The pure part: causes of one page of `size` bytes at the file's address `address`. `before` and
 * `now` are its contents (NULL: not known); `relocated_before`: `before` is not the file's but a
 * store's. Writes at most size / word causes to `to` and returns how many.
 */
size_t page_causes(struct elffile *f, uint64_t bias, uint64_t address, size_t size,
		   const unsigned char *before, const unsigned char *now, bool relocated_before,
		   struct cause *to);
/* The one reason of a page with these causes; `anonymous`: it is none of a file's mapping;
 * `has_bss`: its end was cleared for a bss. */
enum reason page_reason(const struct cause *causes, size_t count, bool anonymous, bool has_bss);

#endif
