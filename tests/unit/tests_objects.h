/* Objects for a test: some that are only known by what they need, and one whose tables are in an
 * image of memory, as the linker would have mapped it. */
#ifndef XIPLD_TESTS_OBJECTS_H
#define XIPLD_TESTS_OBJECTS_H

#include <string.h>

#include "elf/lookup.h"
#include "tests_rtld.h"

/* A loaded object of this path and name. */
static inline struct object *
new_object(const char *path, enum object_kind kind)
{
	struct object *obj = heap_alloc(sizeof(*obj));

	obj->path = heap_strdup(path);
	obj->map.l_name = (char *)obj->path;
	obj->soname = base_name(obj->path);
	obj->kind = kind;
	obj->serial = ++rtld->serial;
	scope_add(&rtld->all, obj);
	rtld->adds++;
	return obj;
}

static inline void
set_needed(struct object *obj, struct object *needed)
{
	scope_add(&obj->needed, needed);
}

/* The memory of an object: its base is its first byte, all of it is one segment. */
struct image {
	_Alignas(4096) Elf64_Phdr phdr[3];
	Elf64_Dyn dynamic[32];
	Elf64_Sym symbols[8];
	char strings[256];
	uint32_t hash[2 + 1 + 8];
	Elf64_Half versym[8];
	_Alignas(8) char definitions[256];
	char needs[256];
	Elf64_Rela rela[72], jmprel[4];
	uint64_t relr[8];
	uint64_t got[8]; /* DT_PLTGOT */
	uint64_t words[72]; /* what the relocations are of */
	uint64_t tls[4]; /* initial content, of twice the size */
	uint32_t ndynamic, nsymbols, nstrings, nrela, njmprel, nrelr;
};

#define IMAGE_OFFSET(part) offsetof(struct image, part)

static inline void
add_dynamic(struct image *i, int64_t tag, uint64_t value)
{
	i->dynamic[i->ndynamic++] = (Elf64_Dyn){.d_tag = tag, .d_un.d_val = value};
}

static inline uint32_t
add_string(struct image *i, const char *s)
{
	uint32_t at = i->nstrings;

	memcpy(i->strings + at, s, strlen(s) + 1);
	i->nstrings += (uint32_t)strlen(s) + 1;
	return at;
}

/* Number of a new symbol; section 0: it is not defined here. */
static inline uint32_t
add_symbol(struct image *i, const char *name, unsigned char info, uint16_t section, uint64_t value,
	   uint64_t size)
{
	i->symbols[i->nsymbols] = (Elf64_Sym){.st_name = add_string(i, name),
					      .st_info = info,
					      .st_shndx = section,
					      .st_value = value,
					      .st_size = size};
	return i->nsymbols++;
}

static inline void
begin_image(struct image *i)
{
	memset(i, 0, sizeof(*i));
	i->nsymbols = i->nstrings = 1;
}

/* One bucket: all symbols are in one chain. */
static inline void
fill_hash(struct image *i)
{
	i->hash[0] = 1;
	i->hash[1] = i->nsymbols;
	i->hash[2] = i->nsymbols > 1 ? 1 : 0;
	for (uint32_t n = 1; n < i->nsymbols; n++)
		i->hash[3 + n] = n + 1 < i->nsymbols ? n + 1 : 0;
}

static inline void
add_tables(struct image *i)
{
	add_dynamic(i, DT_STRTAB, IMAGE_OFFSET(strings));
	add_dynamic(i, DT_STRSZ, i->nstrings);
	add_dynamic(i, DT_SYMTAB, IMAGE_OFFSET(symbols));
	add_dynamic(i, DT_HASH, IMAGE_OFFSET(hash));
	add_dynamic(i, DT_RELA, IMAGE_OFFSET(rela));
	add_dynamic(i, DT_RELASZ, i->nrela * sizeof(i->rela[0]));
	add_dynamic(i, DT_JMPREL, IMAGE_OFFSET(jmprel));
	add_dynamic(i, DT_PLTRELSZ, i->njmprel * sizeof(i->jmprel[0]));
	add_dynamic(i, DT_PLTGOT, IMAGE_OFFSET(got));
	if (i->nrelr) {
		add_dynamic(i, DT_RELR, IMAGE_OFFSET(relr));
		add_dynamic(i, DT_RELRSZ, i->nrelr * sizeof(i->relr[0]));
	}
}

/* Let the loader read the tables: an object that only itself is searched for. False: it is bad. */
static inline bool
read_image(struct image *i, struct object *obj, struct error *error)
{
	fill_hash(i);
	add_tables(i);
	i->phdr[0] = (Elf64_Phdr){.p_type = PT_LOAD,
				  .p_flags = PF_R | PF_W,
				  .p_memsz = IMAGE_OFFSET(ndynamic),
				  .p_filesz = IMAGE_OFFSET(ndynamic)};
	i->phdr[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
				  .p_flags = PF_R | PF_W,
				  .p_vaddr = IMAGE_OFFSET(dynamic),
				  .p_filesz = sizeof(i->dynamic)};
	obj->base = obj->start = (uintptr_t)i;
	obj->end = obj->start + sizeof(*i);
	obj->phdr = i->phdr;
	obj->phnum = 2;
	return object_read_dynamic(obj, error);
}

/* References of obj are looked for in these. */
static inline void
set_scope(struct object *obj, struct scope *scope)
{
	obj->scopes = heap_alloc(sizeof(*obj->scopes));
	obj->scopes[0] = scope;
	obj->nscopes = 1;
}

#endif
