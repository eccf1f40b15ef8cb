#include "xipstore/relocs.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/files.h"

static void
read_segments(struct relocs *r)
{
	size_t count = 0;
	GElf_Phdr p;

	r->low = UINT64_MAX;
	if (elf_getphdrnum(r->elf, &count) != 0)
		return;
	r->writable = must_array(count, sizeof(*r->writable));
	for (size_t i = 0; i < count; i++) {
		uint64_t from;

		if (!gelf_getphdr(r->elf, (int)i, &p) || p.p_type != PT_LOAD)
			continue;
		from = PAGE_ALIGN_DOWN(p.p_vaddr);
		if (from < r->low)
			r->low = from;
		if ((p.p_flags & PF_W) && p.p_filesz)
			r->writable[r->nwritable++] = (struct segment){
				from, (PAGE_ALIGN_UP(p.p_vaddr + p.p_filesz) - from) / page_size};
	}
}

static const char *
symbol_name(struct relocs *r, Elf_Data *symbols, const GElf_Shdr *table, uint64_t index)
{
	const char *name = NULL;
	GElf_Sym sym;

	if (index && symbols && gelf_getsym(symbols, (int)index, &sym))
		name = elf_strptr(r->elf, table->sh_link, sym.st_name);
	return name ? name : "";
}

static void
add_reloc(struct relocs *r, const GElf_Rela *rela, const char *symbol)
{
	must_reserve(&r->list, &r->capacity, r->count + 1, sizeof(*r->list));
	r->list[r->count++] = (struct reloc){
		rela->r_offset, arch_reloc_kind((uint32_t)GELF_R_TYPE(rela->r_info)), symbol};
}

static void
read_table(struct relocs *r, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Scn *link = elf_getscn(r->elf, header->sh_link);
	Elf_Data *data = elf_getdata(section, NULL), *symbols = NULL;
	GElf_Shdr table = {0};
	GElf_Rela rela;

	if (link && gelf_getshdr(link, &table) && table.sh_type == SHT_DYNSYM)
		symbols = elf_getdata(link, NULL);
	for (int i = 0; data && gelf_getrela(data, i, &rela); i++)
		if (arch_reloc_kind((uint32_t)GELF_R_TYPE(rela.r_info)) != RELOC_RELATIVE)
			add_reloc(r, &rela,
				  symbol_name(r, symbols, &table, GELF_R_SYM(rela.r_info)));
}

static int
by_offset(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void
relocs_read(struct relocs *r, const char *path)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	*r = (struct relocs){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
	elf_version(EV_CURRENT);
	r->elf = r->fd < 0 ? NULL : elf_begin(r->fd, ELF_C_READ, NULL);
	if (!r->elf || elf_kind(r->elf) != ELF_K_ELF)
		return;
	read_segments(r);
	while ((section = elf_nextscn(r->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA)
			read_table(r, section, &header);
	if (r->count)
		qsort(r->list, r->count, sizeof(*r->list), by_offset);
}

void
relocs_free(struct relocs *r)
{
	free(r->list);
	free(r->writable);
	elf_end(r->elf);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct relocs){.fd = -1};
}

const struct reloc *
relocs_at(const struct relocs *r, uint64_t offset)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->list[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->count && r->list[low].offset == offset ? &r->list[low] : NULL;
}
