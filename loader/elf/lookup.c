#include "elf/lookup.h"

unsigned long lookup_count;

uint32_t
lookup_gnu_hash(const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	uint32_t h = 5381;

	/* two at a time: each step waits for the one before */
	for (; s[0] && s[1]; s += 2)
		h = h * (33 * 33) + s[0] * 33U + s[1];
	return s[0] ? h * 33 + s[0] : h;
}

/* gABI 5 "Hash Table" */
uint32_t
lookup_sysv_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h ^= (h >> 24) & 0xf0;
	}
	return h & 0x0fffffff;
}

void
symbol_query_init(struct symbol_query *want, const char *name)
{
	*want = (struct symbol_query){.name = name, .gnu_hash = lookup_gnu_hash(name)};
}

const struct version *
lookup_version_of(const struct object *obj, uint32_t index)
{
	uint32_t number;

	if (!obj->versym || index >= obj->nsyms)
		return NULL;
	number = obj->versym[index] & 0x7fff;
	if (number < 2 || number >= obj->nversions || !obj->versions[number].name)
		return NULL;
	return &obj->versions[number];
}

/* May this symbol be bound to at all? */
static bool
defines(const Elf64_Sym *sym, const struct symbol_query *want)
{
	unsigned type = ELF64_ST_TYPE(sym->st_info);
	unsigned bind = ELF64_ST_BIND(sym->st_info);

	if (sym->st_value == 0 && sym->st_shndx != SHN_ABS && type != STT_TLS)
		return false;
	if (sym->st_shndx == SHN_UNDEF && (want->for_call || sym->st_value == 0))
		return false;
	if (type > STT_COMMON && type != STT_TLS && type != STT_GNU_IFUNC)
		return false;
	return bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE;
}

/*
 * Collects the answer of one object. A look-up without version takes the base definition at once
 * and otherwise the only default version, which is known only when all of the chain was seen.
 */
struct candidate {
	const Elf64_Sym *sym;
	unsigned defaults;
};

static bool
version_matches(const struct object *obj, uint32_t index, const struct symbol_query *want,
		struct candidate *c)
{
	uint16_t number;
	const struct version *have;

	if (!obj->versym)
		return true;
	number = obj->versym[index];
	have = (number & 0x7fffU) < obj->nversions ? &obj->versions[number & 0x7fff] : NULL;
	if (want->version) {
		if (have && have->name && have->hash == want->version->hash &&
		    streq(have->name, want->version->name))
			return true;
		return !want->hidden_too && !(number & 0x8000) && (!have || !have->name);
	}
	if ((number & 0x7fff) < (want->newest ? 2 : 3))
		return true;
	if (!(number & 0x8000) && c->defaults++ == 0)
		c->sym = &obj->symtab[index];
	return false;
}

static bool
matches(const struct object *obj, uint32_t index, const struct symbol_query *want,
	struct candidate *c)
{
	const Elf64_Sym *sym = &obj->symtab[index];
	const char *name;

	if (!defines(sym, want))
		return false;
	name = object_symbol_name(obj, sym);
	return name && streq(name, want->name) && version_matches(obj, index, want, c);
}

/* May a name of this hash be in the table? */
static inline bool
bloom_allows(const struct gnu_hash *h, uint32_t hash)
{
	uint64_t word = h->bloom[(hash / 64) & h->bloom_mask];

	return word >> (hash & 63) & word >> ((hash >> h->bloom_shift) & 63) & 1;
}

static const Elf64_Sym *
gnu_lookup(const struct object *obj, const struct symbol_query *want, struct candidate *c)
{
	const struct gnu_hash *h = &obj->gnu;
	uint32_t hash = want->gnu_hash;

	if (!bloom_allows(h, hash))
		return NULL;
	for (uint32_t i = h->buckets[hash % h->nbuckets]; i >= h->symoffset && i < obj->nsyms;
	     i++) {
		uint32_t have;

		if (i == 0 || i - h->symoffset >= h->nchain)
			break;
		have = h->chain[i - h->symoffset];
		if ((have | 1) == (hash | 1) && matches(obj, i, want, c))
			return &obj->symtab[i];
		if (have & 1) /* end of chain */
			break;
	}
	return NULL;
}

static const Elf64_Sym *
sysv_lookup(const struct object *obj, struct symbol_query *want, struct candidate *c)
{
	const struct sysv_hash *h = &obj->sysv;
	uint32_t steps = 0;

	if (h->nbuckets == 0)
		return NULL;
	if (!want->has_sysv_hash) {
		want->sysv_hash = lookup_sysv_hash(want->name);
		want->has_sysv_hash = true;
	}
	/* steps: a chain that loops has been walked when it is as long as the table */
	for (uint32_t i = h->buckets[want->sysv_hash % h->nbuckets];
	     i != 0 && i < obj->nsyms && steps < h->nchain; i = h->chain[i], steps++)
		if (matches(obj, i, want, c))
			return &obj->symtab[i];
	return NULL;
}

const Elf64_Sym *
lookup_in_object(const struct object *obj, struct symbol_query *want)
{
	struct candidate c = {NULL, 0};
	const Elf64_Sym *sym = NULL;

	if (obj->gnu.buckets)
		sym = gnu_lookup(obj, want, &c);
	else if (obj->sysv.buckets)
		sym = sysv_lookup(obj, want, &c);
	if (!sym && c.defaults == 1)
		sym = c.sym;
	return sym;
}

const Elf64_Sym *
lookup_newest(const struct object *obj, const char *name)
{
	struct symbol_query want;

	symbol_query_init(&want, name);
	want.newest = true;
	return lookup_in_object(obj, &want);
}

bool
lookup_in_scope(const struct scope *scope, struct symbol_query *want, const struct object *after,
		struct symdef *def)
{
	for (uint32_t i = 0; i < scope->count; i++) {
		struct object *obj = scope->list[i];
		const Elf64_Sym *sym;

		if (after) {
			if (obj == after)
				after = NULL;
			continue;
		}
		/* first: most objects are passed by this alone */
		if (obj->gnu.buckets && !bloom_allows(&obj->gnu, want->gnu_hash))
			continue;
		if (obj == want->skip || obj->doomed)
			continue;
		sym = lookup_in_object(obj, want);
		if (sym) {
			*def = (struct symdef){obj, sym};
			return true;
		}
	}
	return false;
}

uint32_t
lookup_next_named(const struct object *obj, const char *name, uint32_t previous)
{
	const struct gnu_hash *h = &obj->gnu;
	uint32_t hash = lookup_gnu_hash(name);
	struct symbol_query want = {.name = name};
	uint32_t i = previous + 1;

	if (h->buckets) {
		if (previous && (previous - h->symoffset >= h->nchain ||
				 (h->chain[previous - h->symoffset] & 1)))
			return 0;
		i = previous ? previous + 1 : h->buckets[hash % h->nbuckets];
	}
	for (; i && i < obj->nsyms; i++) {
		const char *have = object_symbol_name(obj, &obj->symtab[i]);

		if (h->buckets && (i < h->symoffset || i - h->symoffset >= h->nchain))
			return 0;
		if (have && streq(have, name) && defines(&obj->symtab[i], &want))
			return i;
		if (h->buckets && (h->chain[i - h->symoffset] & 1))
			return 0;
	}
	return 0;
}

bool
lookup_imports(const struct object *obj, const char *name)
{
	const struct gnu_hash *h = &obj->gnu;
	uint32_t end = obj->nsyms;

	/* what is undefined stands before what is hashed, if anything is */
	if (h->buckets && (h->nbuckets > 1 || h->buckets[0]) && h->symoffset < end)
		end = h->symoffset;

	for (uint32_t i = 1; i < end; i++) {
		const char *have = object_symbol_name(obj, &obj->symtab[i]);

		if (obj->symtab[i].st_shndx == SHN_UNDEF && have && streq(have, name))
			return true;
	}
	return false;
}
