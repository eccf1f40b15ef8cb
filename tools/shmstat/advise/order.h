/* Items in the order of their weight, and gathered by source line. */
#ifndef SHMSTAT_ADVISE_ORDER_H
#define SHMSTAT_ADVISE_ORDER_H

#include "shmstat/advise/advice.h"

struct advise_line {
	const char *file; /* NULL: of those whose line is not known */
	unsigned line;
	size_t relocs, items;
	uint64_t bytes;
};

/* Relocated items (or the writable ones): most own pages first, then most relocations. malloc'd. */
const struct advice_item **advise_order(const struct advice *a, bool writable, size_t *count);
/* Relocated items by the line of their declaration, most relocations first. malloc'd. */
struct advise_line *advise_lines(const struct advice *a, size_t *count);

#endif
