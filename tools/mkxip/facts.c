#include "mkxip/facts.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "mkxip/image.h"

#define MAX_STRING 4096

/* The file as it is taken apart; offsets are checked by libelf. */
struct reading {
	Elf *elf;
	struct facts *facts;
	size_t nphdr;
	Elf_Data *strings;
};

/* The file offset of an address, and how many bytes of its segment follow there; 0 bytes: none. */
static uint64_t
offset_of(const struct reading *r, uint64_t address, uint64_t *left)
{
	GElf_Phdr ph;

	for (size_t i = 0; i < r->nphdr; i++) {
		if (!gelf_getphdr(r->elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
		    address < ph.p_vaddr || address - ph.p_vaddr >= ph.p_filesz)
			continue;
		*left = ph.p_filesz - (address - ph.p_vaddr);
		return ph.p_offset + (address - ph.p_vaddr);
	}
	*left = 0;
	return 0;
}

static char *
string_at(const struct reading *r, uint64_t at)
{
	const char *s;
	size_t len;

	if (!r->strings || at >= r->strings->d_size)
		return NULL;
	s = (const char *)r->strings->d_buf + at;
	len = strnlen(s, r->strings->d_size - at);
	if (len == r->strings->d_size - at || len > MAX_STRING)
		return NULL;
	return must_strdup(s);
}

static void
parse_entry(struct reading *r, const GElf_Dyn *d)
{
	struct facts *f = r->facts;
	char **to = d->d_tag == DT_SONAME    ? &f->soname
		    : d->d_tag == DT_RPATH   ? &f->rpath
		    : d->d_tag == DT_RUNPATH ? &f->runpath
					     : NULL;

	if (to) {
		free(*to);
		*to = string_at(r, d->d_un.d_val);
	} else if (d->d_tag == DT_NEEDED) {
		char *name = string_at(r, d->d_un.d_val);
		size_t capacity = f->nneeded;

		if (!name)
			return;
		must_reserve(&f->needed, &capacity, f->nneeded + 1, sizeof(*f->needed));
		f->needed[f->nneeded++] = name;
	} else if (d->d_tag == DT_FLAGS_1) {
		f->no_default_dirs = d->d_un.d_val & DF_1_NODEFLIB;
	}
}

/* The dynamic section: first where its strings are, then what it says. */
static void
read_dynamic(struct reading *r, const GElf_Phdr *ph)
{
	Elf_Data *dynamic =
		elf_getdata_rawchunk(r->elf, (int64_t)ph->p_offset, ph->p_filesz, ELF_T_DYN);
	uint64_t address = 0, size = 0, left;
	size_t count;
	GElf_Dyn d;

	if (!dynamic)
		return;
	count = dynamic->d_size / gelf_fsize(r->elf, ELF_T_DYN, 1, EV_CURRENT);
	for (size_t i = 0; i < count && gelf_getdyn(dynamic, (int)i, &d) && d.d_tag != DT_NULL;
	     i++) {
		if (d.d_tag == DT_STRTAB)
			address = d.d_un.d_ptr;
		else if (d.d_tag == DT_STRSZ)
			size = d.d_un.d_val;
	}
	address = offset_of(r, address, &left);
	if (size > left)
		size = left;
	if (size)
		r->strings = elf_getdata_rawchunk(r->elf, (int64_t)address, size, ELF_T_BYTE);
	for (size_t i = 0; i < count && gelf_getdyn(dynamic, (int)i, &d) && d.d_tag != DT_NULL; i++)
		parse_entry(r, &d);
}

static void
read_interpreter(struct reading *r, const GElf_Phdr *ph)
{
	Elf_Data *data = ph->p_filesz <= MAX_STRING && ph->p_filesz
				 ? elf_getdata_rawchunk(r->elf, (int64_t)ph->p_offset, ph->p_filesz,
							ELF_T_BYTE)
				 : NULL;

	if (data && ((const char *)data->d_buf)[data->d_size - 1] == 0 && !r->facts->interpreter)
		r->facts->interpreter = must_strdup(data->d_buf);
}

bool
facts_read(struct facts *f, int fd)
{
	struct reading r = {.facts = f};
	GElf_Ehdr eh;
	GElf_Phdr ph;
	bool good;

	*f = (struct facts){0};
	elf_version(EV_CURRENT);
	r.elf = elf_begin(fd, ELF_C_READ, NULL);
	good = r.elf && elf_kind(r.elf) == ELF_K_ELF && gelf_getehdr(r.elf, &eh) &&
	       (eh.e_type == ET_EXEC || eh.e_type == ET_DYN) &&
	       elf_getphdrnum(r.elf, &r.nphdr) == 0 && r.nphdr > 0;
	if (good) {
		f->class = eh.e_ident[EI_CLASS];
		f->data = eh.e_ident[EI_DATA];
		f->machine = eh.e_machine;
	}
	for (size_t i = 0; good && i < r.nphdr; i++) {
		if (!gelf_getphdr(r.elf, (int)i, &ph))
			continue;
		if (ph.p_type == PT_INTERP)
			read_interpreter(&r, &ph);
		else if (ph.p_type == PT_DYNAMIC)
			read_dynamic(&r, &ph);
	}
	elf_end(r.elf);
	return good;
}

void
facts_free(struct facts *f)
{
	for (size_t i = 0; i < f->nneeded; i++)
		free(f->needed[i]);
	free(f->needed);
	free(f->interpreter);
	free(f->soname);
	free(f->rpath);
	free(f->runpath);
	*f = (struct facts){0};
}

bool
facts_agree(const struct facts *a, const struct facts *b)
{
	return a->class == b->class && a->data == b->data && a->machine == b->machine;
}
