/* How slots lie, so that large segments can be mapped by whole entries of the upper page table. */
#ifndef XIPLD_SLOT_ALIGNMENT_H
#define XIPLD_SLOT_ALIGNMENT_H

#include "elf/object.h"

/* Does a range hold a whole piece of that size, aligned? */
bool slot_has_piece(uint64_t at, uint64_t size);

/*
 * How a slot is to lie so that an object's largest segment that is only read can be mapped in such
 * pieces: a multiple of *align, plus what is returned. *align is the object's own if no segment has
 * a whole piece.
 */
uint64_t slot_alignment(const struct object *obj, uint64_t *align);

#endif
