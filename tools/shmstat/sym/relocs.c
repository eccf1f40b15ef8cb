/* Relocations by address. */
#include "shmstat/sym/relocs.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/sym/dynamic.h"
#include "shmstat/sym/elffile_impl.h"
#include "shmstat/sym/relockinds.h"

#define MOST_COPIED (1u << 24)

struct reloc_index {
	struct reloc *relocs;
	size_t count, capacity, most;
	uint64_t longest; /* bytes written by the longest one: how far back a search must look */
};

/* Of relocations at one place the order of the tables stays: ld.so applies them in it. */
static int
by_address(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)x->table - (int)y->table;
}

static bool
add(struct elffile *f, struct reloc_index *index, const struct reloc *r)
{
	if (index->count == index->most) {
		elffile_complain(f, "more relocations than there is capacity for in the file");
		return false;
	}
	if (!array_reserve(&index->relocs, &index->capacity, index->count + 1, sizeof(*r)))
		return false;
	index->relocs[index->count++] = *r;
	return true;
}

/* The size of what a COPY relocation copies. Searches look back as far as the longest one: damage
 * must not make that everything. */
static uint32_t
copy_size(struct elffile *f, uint32_t symbol)
{
	GElf_Sym sym;
	const char *name;

	if (!dynamic_symbol(f, symbol, &sym, &name) || sym.st_size > MOST_COPIED)
		return 0;
	return (uint32_t)sym.st_size;
}

/* What a kind writes; an entry of the global offset table is told by its place where the CPU has no
 * kind of its own for it (RISC-V). */
static void
classify(struct elffile *f, struct reloc *r)
{
	const struct reloc_kind *kind = reloc_kind(f->header.e_machine, r->type);

	r->class = kind ? kind->class : RELOC_OTHER;
	r->size = kind && kind->size ? kind->size : f->word;
	if (r->class == RELOC_COPY)
		r->size = copy_size(f, r->symbol);
	else if (r->class == RELOC_NONE)
		r->size = 0;
	else if (r->class == RELOC_SYMBOLIC) {
		const struct elf_section *s = elffile_section_at(f, r->address);

		if (s && strcmp(s->name, ".got") == 0)
			r->class = RELOC_GOT;
	}
}

static void
read_table(struct elffile *f, struct reloc_index *index, uint64_t address, uint64_t bytes,
	   bool rela, enum reloc_table table)
{
	Elf_Type type = rela ? ELF_T_RELA : ELF_T_REL;
	uint64_t each = gelf_fsize(f->elf, type, 1, EV_CURRENT);
	Elf_Data *data;

	bytes -= bytes % each;
	if (!bytes)
		return;
	data = elffile_chunk(f, address, bytes, type);
	if (!data || bytes / each > INT32_MAX) {
		elffile_complain(f, "relocations outside the file (%s at %#llx)",
				 table == RELOC_JMPREL ? "DT_JMPREL"
				 : rela		       ? "DT_RELA"
						       : "DT_REL",
				 (unsigned long long)address);
		return;
	}
	for (size_t i = 0; i < bytes / each; i++) {
		struct reloc r = {.table = (uint8_t)table};
		GElf_Rela entry = {0};
		GElf_Rel rel;
		uint64_t word;

		if (rela && !gelf_getrela(data, (int)i, &entry))
			return;
		if (!rela) {
			if (!gelf_getrel(data, (int)i, &rel))
				return;
			entry.r_offset = rel.r_offset;
			entry.r_info = rel.r_info;
			if (elffile_word_at(f, rel.r_offset, &word))
				entry.r_addend = (int64_t)word;
		}
		r.address = entry.r_offset;
		r.addend = entry.r_addend;
		r.type = (uint32_t)GELF_R_TYPE(entry.r_info);
		r.symbol = (uint32_t)GELF_R_SYM(entry.r_info);
		classify(f, &r);
		if (!add(f, index, &r))
			return;
	}
}

static bool
add_relr(struct elffile *f, struct reloc_index *index, uint64_t address, uint32_t type)
{
	struct reloc r = {.address = address,
			  .type = type,
			  .table = RELOC_RELR,
			  .class = RELOC_RELATIVE,
			  .size = f->word};
	uint64_t word;

	if (!elffile_word_at(f, address, &word)) {
		elffile_complain(f, "relocation outside the segments (DT_RELR, %#llx)",
				 (unsigned long long)address);
		return false;
	}
	r.addend = (int64_t)word;
	return add(f, index, &r);
}

/* An even word is an address to relocate; an odd one a bit map of the words that follow it.
 * Generic ABI, "Relative relocation table". */
static void
read_relr(struct elffile *f, struct reloc_index *index, const struct dynamic *d)
{
	uint64_t bytes = d->relr_size - d->relr_size % f->word, next = 0;
	uint32_t type = reloc_relative_type(f->header.e_machine);
	Elf_Data *data;

	if (!bytes)
		return;
	data = elffile_chunk(f, d->relr, bytes, f->word == 8 ? ELF_T_XWORD : ELF_T_WORD);
	if (!data) {
		elffile_complain(f, "relocations outside the file (DT_RELR at %#llx)",
				 (unsigned long long)d->relr);
		return;
	}
	for (size_t i = 0; i < bytes / f->word; i++) {
		uint64_t entry = f->word == 8 ? ((const uint64_t *)data->d_buf)[i]
					      : ((const uint32_t *)data->d_buf)[i];

		if (!(entry & 1)) {
			if (!add_relr(f, index, entry, type))
				return;
			next = entry + f->word;
			continue;
		}
		for (unsigned bit = 1; bit < f->word * 8; bit++)
			if (entry >> bit & 1 &&
			    !add_relr(f, index, next + (bit - 1) * f->word, type))
				return;
		next += (f->word * 8 - 1) * f->word;
	}
}

/*
 * DT_JMPREL may lie inside DT_RELA's range (lld and some other linkers); ld.so then applies it once
 * (gABI: "if DT_JMPREL is present, the entries it names…"), and so it is counted once here.
 */
static void
read_all(struct elffile *f, struct reloc_index *index, const struct dynamic *d)
{
	uint64_t rela = d->rela_size, rel = d->rel_size;

	if (d->jmprel_size && d->jmprel_is_rela && d->jmprel >= d->rela &&
	    d->jmprel + d->jmprel_size == d->rela + rela)
		rela = d->jmprel - d->rela;
	if (d->jmprel_size && !d->jmprel_is_rela && d->jmprel >= d->rel &&
	    d->jmprel + d->jmprel_size == d->rel + rel)
		rel = d->jmprel - d->rel;
	read_table(f, index, d->rela, rela, true, RELOC_RELA);
	read_table(f, index, d->rel, rel, false, RELOC_REL);
	read_relr(f, index, d);
	read_table(f, index, d->jmprel, d->jmprel_size, d->jmprel_is_rela, RELOC_JMPREL);
}

static const struct reloc_index *
relocs_of(struct elffile *f)
{
	struct reloc_index *index = f->relocs;
	const struct dynamic *d;

	if (index)
		return index;
	index = f->relocs = calloc(1, sizeof(*index));
	d = elffile_dynamic(f);
	if (!index || !d->present)
		return index;
	/* each writes a word of its own in the file's segments, or is an entry in the file */
	index->most = f->size / f->word + 64;
	read_all(f, index, d);
	if (index->count)
		qsort(index->relocs, index->count, sizeof(*index->relocs), by_address);
	for (size_t i = 0; i < index->count; i++)
		if (index->relocs[i].size > index->longest)
			index->longest = index->relocs[i].size;
	return index;
}

void
relocs_free(struct reloc_index *index)
{
	if (!index)
		return;
	free(index->relocs);
	free(index);
}

size_t
relocs_all(struct elffile *f, const struct reloc **first)
{
	const struct reloc_index *index = relocs_of(f);

	*first = index ? index->relocs : NULL;
	return index ? index->count : 0;
}

static size_t
lower_bound(const struct reloc_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (index->relocs[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
relocs_in(struct elffile *f, uint64_t start, uint64_t end, const struct reloc **first)
{
	const struct reloc_index *index = relocs_of(f);
	size_t from, to;

	*first = NULL;
	if (!index || !index->count || start >= end)
		return 0;
	from = lower_bound(index, start > index->longest ? start - index->longest : 0);
	to = lower_bound(index, end);
	while (from < to && !reloc_writes(&index->relocs[from], start, end))
		from++;
	*first = index->relocs + from;
	return to - from;
}

bool
reloc_writes(const struct reloc *r, uint64_t start, uint64_t end)
{
	return r->size && r->address < end && r->address + r->size > start;
}

void
reloc_target(struct elffile *f, const struct reloc *r, struct reloc_target *target)
{
	GElf_Sym sym;

	memset(target, 0, sizeof(*target));
	if (r->symbol && dynamic_symbol(f, r->symbol, &sym, &target->name)) {
		target->defined_here = sym.st_shndx != SHN_UNDEF;
		target->kind = GELF_ST_TYPE(sym.st_info);
		target->binding = GELF_ST_BIND(sym.st_info);
		target->visibility = GELF_ST_VISIBILITY(sym.st_other);
		target->address = target->defined_here ? sym.st_value : 0;
	} else if (!r->symbol) {
		target->address = (uint64_t)r->addend;
		target->defined_here = true;
	}
}
