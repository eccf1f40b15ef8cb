/*
 * Functions that nobody defined when their object was relocated. The call goes on through the
 * object's own procedure linkage table, as the psABIs have it for lazy binding, and is looked up
 * again: what was opened in the meantime may define it.
 */
#ifndef XIPLD_LAZY_H
#define XIPLD_LAZY_H

#include "rtld/rtld.h"

/*
 * May a slot of DT_JMPREL be left to the first call? Then the head of the table leads to us, by
 * words that are equal in every process that has obj and the stubs where this one has them.
 */
bool lazy_prepare(struct object *obj);

/*
 * From assembly. place: an address in the object; index: the relocation's number in DT_JMPREL, or
 * UINT64_MAX if `place` is the slot. Returns where to go on; ends the process as ld.so does if
 * there is no such function.
 */
uintptr_t lazy_bind(uintptr_t place, uint64_t index);

#endif
