/* An index of DWARF's variables and functions by address, and of them and of classes by name. */
#include "shmstat/sym/lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "shmstat/sym/debugfile.h"
#include "shmstat/sym/dwarftypes.h"
#include "shmstat/sym/elffile_impl.h"

#define MOST_DEPTH 64
#define NAME_SIZE 2048

enum entry_kind { BY_ADDRESS, BY_NAME, BY_CLASS, ENTRY_KINDS };

/*
 * One entry: its key is an address, or the hash of a name. What a question gets (struct
 * declaration) is made at the first question about it.
 */
struct entry {
	uint64_t key, size;
	Dwarf_Die die;
	bool defined;
	struct declaration *declaration; /* owned */
};

struct table {
	struct entry *entries;
	size_t count, capacity;
};

struct line_index {
	Dwarf *dwarf;
	struct table tables[ENTRY_KINDS];
	size_t left; /* entries still allowed: a damaged file may name one many times */
	char path[NAME_SIZE]; /* "ns::Class" around the entry that is being read */
};

/* FNV-1a */
static uint64_t
hash_of(const char *a, const char *b, const char *c)
{
	uint64_t hash = 0xcbf29ce484222325;
	const char *parts[] = {a, b, c};

	for (int i = 0; i < 3; i++)
		for (const char *s = parts[i]; *s; s++)
			hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	return hash;
}

static void
add(struct table *table, const struct entry *entry)
{
	if (array_reserve(&table->entries, &table->capacity, table->count + 1, sizeof(*entry)))
		table->entries[table->count++] = *entry;
}

static void
add_named(struct line_index *index, Dwarf_Die *die, bool defined)
{
	struct entry entry = {.die = *die, .defined = defined};
	const char *name = die_linkage_name(die);

	if (!name)
		name = die_string(die, DW_AT_name);
	if (!name)
		return;
	entry.key = hash_of(name, "", "");
	add(&index->tables[BY_NAME], &entry);
}

static void
add_variable(struct line_index *index, Dwarf_Die *die)
{
	struct entry entry = {.die = *die, .defined = true};
	bool placed = die_address(die, &entry.key);

	if (placed) {
		entry.size = die_size(die);
		add(&index->tables[BY_ADDRESS], &entry);
	}
	if (placed || die_flag(die, DW_AT_external))
		add_named(index, die, placed);
}

static void
add_function(struct line_index *index, Dwarf_Die *die)
{
	struct entry entry = {.die = *die, .defined = true};
	Dwarf_Addr start, end;

	if (dwarf_lowpc(die, &start) == 0 && dwarf_highpc(die, &end) == 0 && end > start) {
		entry.key = start;
		entry.size = end - start;
		add(&index->tables[BY_ADDRESS], &entry);
	}
	if (die_flag(die, DW_AT_external))
		add_named(index, die, !dwarf_hasattr(die, DW_AT_declaration));
}

static void
add_class(struct line_index *index, Dwarf_Die *die)
{
	struct entry entry = {.die = *die, .defined = true};
	const char *name = dwarf_diename(die);

	if (!name || dwarf_hasattr(die, DW_AT_declaration))
		return;
	entry.key = hash_of(index->path, name, "");
	add(&index->tables[BY_CLASS], &entry);
}

/* Files one entry; returns whether what it contains is of interest. */
static bool
add_entry(struct line_index *index, Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_variable:
	case DW_TAG_member: /* a static member, before DWARF 5 */
		add_variable(index, die);
		return false;
	case DW_TAG_subprogram:
		add_function(index, die);
		return true;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		add_class(index, die);
		return true;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_lexical_block:
	case DW_TAG_inlined_subroutine:
		return true;
	default:
		return false;
	}
}

/* Entering a namespace or class lengthens the path; returns what to cut it back to. */
static size_t
enter(struct line_index *index, Dwarf_Die *die)
{
	size_t len = strlen(index->path);
	const char *name;
	int tag = dwarf_tag(die);

	if (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine ||
	    tag == DW_TAG_subprogram)
		return len;
	name = dwarf_diename(die);
	if (!name)
		name = "(anonymous namespace)";
	if (len + strlen(name) + 3 <= NAME_SIZE) {
		strcpy(index->path + len, name);
		strcat(index->path + len, "::");
	}
	return len;
}

static void
walk(struct line_index *index, Dwarf_Die *parent, int depth)
{
	Dwarf_Die child;
	Dwarf_Off last = 0, at;

	if (depth > MOST_DEPTH || dwarf_child(parent, &child) != 0)
		return;
	do {
		at = dwarf_dieoffset(&child);
		/* a sibling that lies before its brother is damage, and a circle */
		if (at <= last || index->left == 0)
			return;
		last = at;
		index->left--;
		if (add_entry(index, &child)) {
			size_t cut = enter(index, &child);

			walk(index, &child, depth + 1);
			index->path[cut] = '\0';
		}
	} while (dwarf_siblingof(&child, &child) == 0);
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (int)y->defined - (int)x->defined;
}

/* Where the DWARF is: the file's own, or the debug file's. */
static Elf *
dwarf_holder(struct elffile *f)
{
	GElf_Shdr sh;

	if (elf_section_named(f->elf, ".debug_info", &sh) && sh.sh_type != SHT_NOBITS)
		return f->elf;
	if (elffile_debug(f) && elf_section_named(f->debug_elf, ".debug_info", &sh) &&
	    sh.sh_type != SHT_NOBITS)
		return f->debug_elf;
	return NULL;
}

bool
lines_available(struct elffile *f)
{
	return dwarf_holder(f) != NULL;
}

static void
read_units(struct line_index *index)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (index->left && dwarf_get_units(index->dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		walk(index, &unit, 0);
	for (int i = 0; i < ENTRY_KINDS; i++)
		if (index->tables[i].count)
			qsort(index->tables[i].entries, index->tables[i].count,
			      sizeof(struct entry), by_key);
}

/* libdw (0.188) takes strings for ended where their section does not end them. */
static bool
strings_end(Elf *elf)
{
	static const char *const names[] = {".debug_str", ".debug_line_str"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		GElf_Shdr sh;
		Elf_Scn *scn = elf_section_named(elf, names[i], &sh);
		Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;

		if (data && data->d_size &&
		    (!data->d_buf || ((const char *)data->d_buf)[data->d_size - 1] != '\0'))
			return false;
	}
	return true;
}

static struct line_index *
lines_of(struct elffile *f)
{
	struct line_index *index = f->lines;
	Elf *elf;
	Elf_Scn *scn;
	Elf_Data *data;
	GElf_Shdr sh;

	if (index)
		return index;
	index = f->lines = calloc(1, sizeof(*index));
	elf = index ? dwarf_holder(f) : NULL;
	if (!elf)
		return index;
	index->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!index->dwarf) {
		elffile_complain(f, "damaged DWARF: %s", dwarf_errmsg(-1));
		return index;
	}
	if (!strings_end(elf)) {
		elffile_complain(f, "damaged DWARF: strings without an end");
		return index;
	}
	/* dwarf_begin_elf has inflated it: an entry takes a byte at least */
	scn = elf_section_named(elf, ".debug_info", &sh);
	data = scn ? elf_getdata(scn, NULL) : NULL;
	index->left = data ? data->d_size : 0;
	read_units(index);
	return index;
}

void
lines_free(struct line_index *index)
{
	if (!index)
		return;
	for (int i = 0; i < ENTRY_KINDS; i++) {
		struct table *table = &index->tables[i];

		for (size_t k = 0; k < table->count; k++) {
			if (!table->entries[k].declaration)
				continue;
			free((char *)table->entries[k].declaration->type);
			free((char *)table->entries[k].declaration->name);
			free(table->entries[k].declaration);
		}
		free(table->entries);
	}
	if (index->dwarf)
		dwarf_end(index->dwarf);
	free(index);
}

static const struct declaration *
tell(struct entry *entry, enum entry_kind kind, const char *class)
{
	struct declaration *declaration = entry->declaration;
	const char *name = class ? class : die_string(&entry->die, DW_AT_name);

	if (declaration)
		return declaration;
	declaration = entry->declaration = calloc(1, sizeof(*declaration));
	if (!declaration)
		return NULL;
	declaration->name = name ? strdup(name) : NULL;
	declaration->type = die_type_name(&entry->die);
	declaration->is_const = die_is_const(&entry->die);
	die_declared(&entry->die, &declaration->file, &declaration->line);
	if (kind == BY_ADDRESS) {
		declaration->address = entry->key;
		declaration->size = entry->size;
	} else if (kind == BY_NAME && die_address(&entry->die, &declaration->address)) {
		declaration->size = die_size(&entry->die);
	}
	return declaration;
}

/* The first entry whose key is not below. */
static size_t
lower_bound(const struct table *table, uint64_t key)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (table->entries[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct declaration *
declaration_at(struct elffile *f, uint64_t address)
{
	struct line_index *index = lines_of(f);
	struct table *table;
	size_t i;

	if (!index || address == UINT64_MAX)
		return NULL;
	table = &index->tables[BY_ADDRESS];
	i = lower_bound(table, address + 1);
	if (i == 0)
		return NULL;
	/* neither variables nor functions nest; of several with one address the first is as good as
	 * any */
	i = lower_bound(table, table->entries[i - 1].key);
	if (address != table->entries[i].key &&
	    address - table->entries[i].key >= table->entries[i].size)
		return NULL;
	return tell(&table->entries[i], BY_ADDRESS, NULL);
}

const struct declaration *
declaration_named(struct elffile *f, const char *linkage_name)
{
	struct line_index *index = lines_of(f);
	uint64_t key = hash_of(linkage_name, "", "");
	struct table *table;
	size_t i;

	if (!index)
		return NULL;
	table = &index->tables[BY_NAME];
	for (i = lower_bound(table, key); i < table->count && table->entries[i].key == key; i++) {
		const char *name = die_linkage_name(&table->entries[i].die);

		if (!name)
			name = die_string(&table->entries[i].die, DW_AT_name);
		if (name && strcmp(name, linkage_name) == 0)
			return tell(&table->entries[i], BY_NAME, NULL);
	}
	return NULL;
}

const struct declaration *
declaration_of_class(struct elffile *f, const char *name)
{
	struct line_index *index = lines_of(f);
	uint64_t key = hash_of(name, "", "");
	struct table *table;
	size_t i;

	if (!index)
		return NULL;
	table = &index->tables[BY_CLASS];
	i = lower_bound(table, key);
	if (i == table->count || table->entries[i].key != key)
		return NULL;
	return tell(&table->entries[i], BY_CLASS, name);
}
