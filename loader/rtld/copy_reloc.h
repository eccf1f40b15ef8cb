/* COPY relocations (gABI: the program has a library's variable in its own memory). */
#ifndef XIPLD_COPY_RELOC_H
#define XIPLD_COPY_RELOC_H

#include "rtld/rtld.h"

/* Note one, of symbol `index` of obj to `place`: it is done when all objects are relocated. */
bool copy_relocs_note(struct object *obj, uint32_t index, uintptr_t place, struct error *error);

/* Do those noted so far: after every object they copy from was relocated. */
void copy_relocs_do(void);

/* Where a COPY relocation put the word at `place`, or 0. */
uintptr_t copy_relocs_of(uintptr_t place);

#endif
