/* Relocation: gABI 4 "Relocation", psABI. */
#ifndef XIPLD_RELOCATE_H
#define XIPLD_RELOCATE_H

#include "rtld/rtld.h"
#include "lib/store_format.h"

/*
 * Apply all relocations of obj but those that need a resolver run (kept in rtld->ifunc_relocs) and
 * COPY (kept for copy_relocs_do). With leave_irelative, IRELATIVE entries are left to ld.so (libc's
 * own).
 */
bool relocate_object(struct object *obj, bool leave_irelative, struct error *error);

/*
 * Ask to be told of each relocation (table: enum plan_table, entry: number in it) whose value may
 * be another in a process that links the same objects: dynamic thread-local storage, unique
 * symbols, and what resolvers answer. NULL: no more.
 */
typedef void relocate_own_fn(void *context, struct object *obj, uint32_t table, uint64_t entry);
void relocate_watch_own(relocate_own_fn *fn, void *context);
void relocate_tell_own(struct object *obj, uint32_t table, uint64_t entry);

/* Write a resolver's answer, unless it is there already. False: it does not fit (*error is set). */
bool relocate_write(const struct ifunc_reloc *ifunc_relocs, uint64_t value, struct error *error);

/* Write a slot of DT_JMPREL whose function was found late. */
void relocate_slot(const struct object *obj, uintptr_t place, uint64_t value);

/* Apply one such relocation to relocated pages; a word that is right already is not written. */
bool relocate_again(struct object *obj, uint32_t table, uint64_t entry, struct error *error);

/*
 * For a C library whose interpreter relocates it: note in rtld->rebindings what its symbols bind
 * to in the closure's scope; relocate_noted writes it.
 */
bool relocate_note(struct object *obj, struct error *error);
void relocate_noted(void);

/* Run the resolvers noted in rtld->ifunc_relocs and write what they answer. The caller empties the
 * list.
 */
void ifunc_resolve(void);

/*
 * True if the answer depends on the CPU alone: the resolver is the C library's (libc's own, or that
 * of an object which uses libc's private interface, as libm does). Another's may depend on
 * anything.
 */
bool ifunc_answer_lasts(const struct ifunc_reloc *ifunc_relocs);

/* --prepare promises to run nothing of the files': other resolvers than the C library's are left to
 * the launches, which ask them as those of a plan that may answer otherwise. */
bool ifunc_may_ask(const struct ifunc_reloc *ifunc_relocs);

/* Relocated pages of a plan: ask the resolvers that are not libc's again, and write where the
 * answer differs. */
void ifunc_recheck(void);
bool ifunc_can_recheck(const struct ifunc_reloc *ifunc_relocs);

/*
 * Resolve reference `index` of obj. Returns false if it is undefined and not weak (*def.obj NULL;
 * *error is set).
 */
bool relocate_resolve(struct object *obj, uint32_t index, bool for_call, const struct object *skip,
		      struct symdef *def, struct error *error);

/* obj has come to use `on`: that one must outlive it. */
void relocate_depend(struct object *obj, struct object *on);

/* Find a name as code of obj would: obj's scopes in order. */
bool relocate_search(const struct object *obj, struct symbol_query *want, struct symdef *def);

/* The one definition of a STB_GNU_UNIQUE symbol: notes the first, answers it ever after. */
void relocate_unique(const char *name, struct symdef *def);

#endif
