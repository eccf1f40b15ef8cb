/* Symbol look-up: hash tables, versions, scopes. Pure: reads objects, changes nothing. */
#ifndef XIPLD_LOOKUP_H
#define XIPLD_LOOKUP_H

#include "elf/object.h"

/* What is looked for. */
struct symbol_query {
	const char *name;
	uint32_t gnu_hash; /* lookup_gnu_hash(name) */
	uint32_t sysv_hash; /* filled when first needed */
	bool has_sysv_hash;
	const struct version *version; /* NULL: any (see lookup_in_object) */
	bool hidden_too; /* version was named outright (dlvsym): hidden definitions count, no base
			    match */
	bool newest; /* dlsym: of an unversioned look-up, the default version */
	bool for_call; /* a PLT slot: an undefined symbol with a value does not define it */
	const struct object *skip; /* not in this object (COPY), or NULL */
};

/* A definition: in which object, which symbol. obj is NULL if there is none. */
struct symdef {
	struct object *obj;
	const Elf64_Sym *sym;
};

uint32_t lookup_gnu_hash(const char *name);
uint32_t lookup_sysv_hash(const char *name);

/* Set up *want for a name, without a version. */
void symbol_query_init(struct symbol_query *want, const char *name);

/*
 * Find want in one object. Returns the symbol or NULL. glibc's rules (elf/dl-lookup.c): with a
 * version, that version, or the base definition of an object that gives none; without one, the base
 * or the only default version.
 */
const Elf64_Sym *lookup_in_object(const struct object *obj, struct symbol_query *want);

/* The object's own default version of a name, whatever the scope holds; NULL: it has none. */
const Elf64_Sym *lookup_newest(const struct object *obj, const char *name);

/* Find want in a scope, in its order. `after`: only behind this object (RTLD_NEXT), NULL for all.
 */
bool lookup_in_scope(const struct scope *scope, struct symbol_query *want,
		     const struct object *after, struct symdef *def);

/* The version that reference number `index` of obj asks for, or NULL. */
const struct version *lookup_version_of(const struct object *obj, uint32_t index);

/*
 * The first (previous = 0) or next symbol of obj that is defined under this name, whatever its
 * version. Returns its index, or 0 if there is no further one.
 */
uint32_t lookup_next_named(const struct object *obj, const char *name, uint32_t previous);

/* Whether obj uses a symbol of this name that it does not define. */
bool lookup_imports(const struct object *obj, const char *name);

/* Counts of a run, for --stats. */
extern unsigned long lookup_count;

#endif
