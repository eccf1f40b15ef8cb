/* The vDSO (vdso(7)): the one object of a process that the kernel has mapped. */
#ifndef XIPLD_VDSO_H
#define XIPLD_VDSO_H

#include "elf/object.h"

/* The vDSO if this address lies in it, else NULL. It is read when first asked for. */
struct object *vdso_at(uintptr_t address);

#endif
