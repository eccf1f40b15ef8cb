/* The dynamic section, as a dynamic linker reads it: from the segments, not from the sections. */
#include "shmstat/sym/dynamic.h"

#include <string.h>

#include "shmstat/sym/elffile_impl.h"

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

/* The tags that are told apart; the last one of a kind counts, as for ld.so. */
static void
parse_tag(struct dynamic *d, const GElf_Dyn *dyn)
{
	uint64_t value = dyn->d_un.d_val;
	struct {
		int64_t tag;
		uint64_t *to;
	} plain[] = {
		{DT_RELA, &d->rela},	     {DT_RELASZ, &d->rela_size},
		{DT_REL, &d->rel},	     {DT_RELSZ, &d->rel_size},
		{DT_RELR, &d->relr},	     {DT_RELRSZ, &d->relr_size},
		{DT_JMPREL, &d->jmprel},     {DT_PLTRELSZ, &d->jmprel_size},
		{DT_SYMTAB, &d->symtab},     {DT_STRTAB, &d->strtab},
		{DT_STRSZ, &d->strtab_size}, {DT_PLTGOT, &d->pltgot},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (dyn->d_tag == plain[i].tag)
			*plain[i].to = value;
	switch (dyn->d_tag) {
	case DT_PLTREL:
		d->jmprel_is_rela = value == DT_RELA;
		break;
	case DT_BIND_NOW:
		d->bind_now = true;
		break;
	case DT_SYMBOLIC:
		d->symbolic = true;
		break;
	case DT_TEXTREL:
		d->textrel = true;
		break;
	case DT_FLAGS:
		d->bind_now |= (value & DF_BIND_NOW) != 0;
		d->symbolic |= (value & DF_SYMBOLIC) != 0;
		d->textrel |= (value & DF_TEXTREL) != 0;
		break;
	case DT_FLAGS_1:
		d->bind_now |= (value & DF_1_NOW) != 0;
		break;
	}
}

/*
 * How many dynamic symbols there are nothing in the dynamic section says. The section header does;
 * without one, linkers put the strings right behind the symbols.
 */
static uint64_t
symbol_bytes(struct elffile *f, const struct dynamic *d)
{
	const struct elf_section *s;
	size_t count = elffile_sections(f, &s);

	for (size_t i = 0; i < count; i++)
		if (s[i].type == SHT_DYNSYM && s[i].address == d->symtab)
			return s[i].size;
	return d->strtab > d->symtab ? d->strtab - d->symtab : 0;
}

static void
read_symbols(struct elffile *f, struct dynamic *d)
{
	uint64_t each = gelf_fsize(f->elf, ELF_T_SYM, 1, EV_CURRENT);
	uint64_t bytes = symbol_bytes(f, d);
	Elf_Data *strings;

	bytes -= bytes % each;
	if (bytes) {
		d->symbols = elffile_chunk(f, d->symtab, bytes, ELF_T_SYM);
		if (d->symbols)
			d->symbol_count = bytes / each;
		else
			elffile_complain(f, "dynamic symbols outside the file (DT_SYMTAB %#llx)",
					 (unsigned long long)d->symtab);
	}
	if (!d->strtab_size)
		return;
	strings = elffile_chunk(f, d->strtab, d->strtab_size, ELF_T_BYTE);
	if (strings && ((const char *)strings->d_buf)[d->strtab_size - 1] == '\0')
		d->strings = strings->d_buf;
	else
		elffile_complain(f, "dynamic strings outside the file (DT_STRTAB %#llx)",
				 (unsigned long long)d->strtab);
}

const struct dynamic *
elffile_dynamic(struct elffile *f)
{
	struct dynamic *d = &f->dynamic;
	uint64_t each = gelf_fsize(f->elf, ELF_T_DYN, 1, EV_CURRENT);
	uint64_t bytes = f->dynamic_size - f->dynamic_size % each;
	Elf_Data *data;
	GElf_Dyn dyn;

	if (d->read)
		return d;
	d->read = true;
	if (!bytes)
		return d;
	data = elf_getdata_rawchunk(f->elf, (int64_t)f->dynamic_offset, bytes, ELF_T_DYN);
	if (!data || bytes / each > INT32_MAX) {
		elffile_complain(f, "dynamic section outside the file (PT_DYNAMIC)");
		return d;
	}
	d->present = true;
	for (size_t i = 0; i < bytes / each; i++) {
		if (!gelf_getdyn(data, (int)i, &dyn) || dyn.d_tag == DT_NULL)
			break;
		parse_tag(d, &dyn);
	}
	read_symbols(f, d);
	return d;
}

bool
dynamic_symbol(struct elffile *f, size_t i, GElf_Sym *sym, const char **name)
{
	const struct dynamic *d = elffile_dynamic(f);

	if (i >= d->symbol_count || i > INT32_MAX || !gelf_getsym(d->symbols, (int)i, sym))
		return false;
	*name = d->strings && sym->st_name < d->strtab_size ? d->strings + sym->st_name : "";
	return true;
}
