/* What a constructor or destructor does, where that can be told from its code. */
#ifndef XIPLD_INIT_ANALYSIS_H
#define XIPLD_INIT_ANALYSIS_H

#include "elf/object.h"

struct init_effect {
	bool sets_flag; /* a byte of its own, that makes it do its work once only */
	bool finalizes; /* calls the C library's __cxa_finalize with `argument` */
	uintptr_t argument;
};

/*
 * Follow a function of obj, which is relocated. True if all that it does is in *effect; false if it
 * does anything else, or is not understood. `finalize` is the address of __cxa_finalize, 0 if there
 * is none. The CPU's part (arch/): one that cannot tell answers false.
 */
bool arch_init_effect(const struct object *obj, uintptr_t function, uintptr_t finalize,
		      struct init_effect *effect);

#endif
