/* What an explanation says, as strings: for the views, and for what is saved. */
#ifndef SHMSTAT_WHY_CAUSE_H
#define SHMSTAT_WHY_CAUSE_H

#include "shmstat/why/reasons.h"

/* Where a cause's variable was declared. All NULL and 0 without DWARF. */
struct origin {
	const char *type, *file;
	unsigned line;
};
struct origin cause_origin(const struct explanation *e, const struct cause *c);

/* "FILE:LINE", or "" if not known. malloc'd; NULL without memory. */
char *origin_text(const struct origin *o);

/* "relative", "got", … of a relocation; "" of what was written. */
const char *cause_kind(const struct cause *c);

/* "00000000 -> 01000000" of its first word, in the order of memory; "" if not known. Static. */
const char *cause_bytes(const struct cause *c);

#endif
