#include "common/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 256 /* of a new array, if its elements are small */

bool
array_reserve(void *array, size_t *capacity, size_t need, size_t each)
{
	size_t more = *capacity * 2, first = FIRST_BYTES / each;
	size_t bytes;
	void *old, *larger;

	if (need <= *capacity)
		return true;
	if (more < first)
		more = first;
	if (more < need)
		more = need;
	if (__builtin_mul_overflow(more, each, &bytes))
		return false;
	memcpy(&old, array, sizeof(old)); /* a pointer to any type */
	larger = realloc(old, bytes);
	if (!larger)
		return false;
	memcpy(array, &larger, sizeof(larger));
	*capacity = more;
	/* cppcheck-suppress memleak ; `array` points to it now */
	return true;
}
