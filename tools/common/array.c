#include "common/array.h"

#include <stdlib.h>

void *
array_grow(void *array, size_t count, size_t *room, size_t element)
{
	void *larger;

	if (count < *room)
		return array;
	larger = realloc(array, (*room * 2 + 64) * element);
	if (larger)
		*room = *room * 2 + 64;
	return larger;
}
