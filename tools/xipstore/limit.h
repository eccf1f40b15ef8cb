/* A limit, for people and scripts. */
#ifndef XIPSTORE_LIMIT_H
#define XIPSTORE_LIMIT_H

#include <jansson.h>

#include "xipstore/budget.h"

/* "64M (67108864 bytes)" and where it comes from, with a line feed. */
void limit_print(const struct budget *budget);
json_t *limit_json(const struct budget *budget);

#endif
