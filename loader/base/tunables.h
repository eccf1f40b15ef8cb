/* GLIBC_TUNABLES: the few that concern what the loader does in ld.so's place. */
#ifndef XIPLD_TUNABLES_H
#define XIPLD_TUNABLES_H

#include <stdint.h>

/*
 * The value of a tunable in the variable's text (NULL: not set), as glibc reads it: what is not
 * within [min, max] is ignored, of several the last counts.
 */
uint64_t tunable(const char *text, const char *name, uint64_t otherwise, uint64_t min,
		 uint64_t max);

#endif
