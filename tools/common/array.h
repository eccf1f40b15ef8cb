/* Arrays that grow. */
#ifndef TOOLS_COMMON_ARRAY_H
#define TOOLS_COMMON_ARRAY_H

#include <stddef.h>

/*
 * An array that is to take one more element: makes room. NULL without memory (the old one stays).
 */
void *array_grow(void *array, size_t count, size_t *room, size_t element);

#endif
