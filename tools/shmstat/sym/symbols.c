/* Symbols by address. */
#include "shmstat/sym/symbols.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/sym/debugfile.h"
#include "shmstat/sym/dynamic.h"
#include "shmstat/sym/elffile_impl.h"

/* A name longer than this is shown mangled: no compiler writes such, and demangling multiplies. */
#define MOST_MANGLED 4096

/* How many symbols before an address are asked whether they reach it. In a sane file a few; a
 * damaged one may have a symbol that reaches everything, for which all would be. */
#define MOST_BACK 1024

struct symbol_index {
	struct symbol *symbols; /* by address, then longer first */
	uint64_t *reach; /* reach[i]: the highest end of symbols[0..i], to bound a search */
	size_t count;
	const char *source;
};

static uint64_t
end_of(const struct symbol *s)
{
	return s->address + (s->size ? s->size : 1);
}

/* Which of several names of one thing is the one to show: what others can link against. */
static int
rank(const struct symbol *s)
{
	return s->binding == STB_LOCAL ? 2 : s->binding == STB_WEAK ? 1 : 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return strcmp(x->name, y->name);
}

static bool
has_a_place(const GElf_Sym *sym)
{
	unsigned kind = GELF_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF && sym->st_shndx != SHN_ABS &&
	       sym->st_shndx != SHN_COMMON && kind != STT_SECTION && kind != STT_FILE &&
	       kind != STT_TLS && sym->st_value && sym->st_size < UINT64_MAX - sym->st_value;
}

static void
add(struct symbol_index *index, const GElf_Sym *sym, const char *name)
{
	if (!name || !*name || !has_a_place(sym))
		return;
	index->symbols[index->count++] = (struct symbol){
		.address = sym->st_value,
		.size = sym->st_size,
		.name = name,
		.kind = GELF_ST_TYPE(sym->st_info),
		.binding = GELF_ST_BIND(sym->st_info),
		.visibility = GELF_ST_VISIBILITY(sym->st_other),
	};
}

/* Mapping symbols of ARM, AArch64 and RISC-V ($d, $x…) say what bytes are, and name nothing. */
static bool
is_mapping_symbol(const char *name)
{
	return name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (name[2] == '\0' || name[2] == '.' || name[1] == 'x');
}

static bool
read_symtab(struct symbol_index *index, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	Elf_Data *data;
	size_t count;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB)
			break;
	data = scn ? elf_getdata(scn, NULL) : NULL;
	count = data ? data->d_size / gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT) : 0;
	if (count == 0 || count > INT32_MAX)
		return false;
	index->symbols = calloc(count, sizeof(*index->symbols));
	for (size_t i = 0; index->symbols && i < count; i++) {
		GElf_Sym sym;
		const char *name;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		name = elf_strptr(elf, sh.sh_link, sym.st_name);
		if (name && !is_mapping_symbol(name))
			add(index, &sym, name);
	}
	return index->count > 0;
}

static bool
read_dynsym(struct symbol_index *index, struct elffile *f)
{
	size_t count = elffile_dynamic(f)->symbol_count;

	if (count == 0)
		return false;
	free(index->symbols);
	index->symbols = calloc(count, sizeof(*index->symbols));
	for (size_t i = 0; index->symbols && i < count; i++) {
		GElf_Sym sym;
		const char *name;

		if (dynamic_symbol(f, i, &sym, &name))
			add(index, &sym, name);
	}
	return index->count > 0;
}

static void
drop_aliases(struct symbol_index *index)
{
	size_t kept = 0;

	if (index->count)
		qsort(index->symbols, index->count, sizeof(*index->symbols), by_place);
	for (size_t i = 0; i < index->count; i++) {
		const struct symbol *s = &index->symbols[i], *last = index->symbols + kept - 1;

		if (kept && last->address == s->address && last->size == s->size)
			continue;
		index->symbols[kept++] = *s;
	}
	index->count = kept;
}

static const struct symbol_index *
symbols_of(struct elffile *f)
{
	struct symbol_index *index = f->symbols;
	uint64_t reach = 0;

	if (index)
		return index;
	index = f->symbols = calloc(1, sizeof(*index));
	if (!index)
		return NULL;
	if (read_symtab(index, f->elf))
		index->source = "symtab";
	else if (elffile_debug(f) && read_symtab(index, f->debug_elf))
		index->source = "debug file";
	else if (read_dynsym(index, f))
		index->source = "dynsym";
	else
		index->source = "none";
	drop_aliases(index);
	index->reach = calloc(index->count + 1, sizeof(*index->reach));
	if (!index->reach)
		index->count = 0;
	for (size_t i = 0; i < index->count; i++) {
		if (end_of(&index->symbols[i]) > reach)
			reach = end_of(&index->symbols[i]);
		index->reach[i] = reach;
	}
	return index;
}

void
symbols_free(struct symbol_index *index)
{
	if (!index)
		return;
	free(index->symbols);
	free(index->reach);
	free(index);
}

size_t
symbols_all(struct elffile *f, const struct symbol **first)
{
	const struct symbol_index *index = symbols_of(f);

	*first = index ? index->symbols : NULL;
	return index ? index->count : 0;
}

/* The first symbol at or after an address. */
static size_t
lower_bound(const struct symbol_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (index->symbols[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
symbols_in(struct elffile *f, uint64_t start, uint64_t end, const struct symbol **found,
	   size_t capacity)
{
	const struct symbol_index *index = symbols_of(f);
	size_t count = 0, i;

	if (!index || start >= end)
		return 0;
	i = lower_bound(index, start);
	for (int back = 0; back < MOST_BACK && i > 0 && index->reach[i - 1] > start; back++)
		i--;
	for (; i < index->count && index->symbols[i].address < end; i++) {
		if (end_of(&index->symbols[i]) <= start)
			continue;
		if (count < capacity)
			found[count] = &index->symbols[i];
		count++;
	}
	return count;
}

const struct symbol *
symbol_at(struct elffile *f, uint64_t address, uint64_t *offset)
{
	const struct symbol_index *index = symbols_of(f);
	const struct symbol *best = NULL;
	size_t i;

	if (!index || address == UINT64_MAX)
		return NULL;
	i = lower_bound(index, address + 1);
	for (int back = 0; back < MOST_BACK && i > 0 && index->reach[i - 1] > address; back++) {
		const struct symbol *s = &index->symbols[--i];

		if (end_of(s) > address && (!best || (best->size == 0 && s->size)))
			best = s;
		if (best && best->size)
			break;
	}
	if (best && offset)
		*offset = address - best->address;
	return best;
}

const char *
symbols_source(struct elffile *f)
{
	const struct symbol_index *index = symbols_of(f);

	return index ? index->source : "none";
}

char *
symbol_demangle(const char *name)
{
	char *plain = NULL;

	if (strlen(name) <= MOST_MANGLED)
		plain = cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
	return plain ? plain : strdup(name);
}
