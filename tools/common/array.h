/*
 * Arrays that grow: elements, how many there are, how many there is room for.
 *
 *	struct pages {
 *		struct page *list;
 *		size_t count, capacity;
 *	} p = {0};
 *
 *	if (!array_reserve(&p.list, &p.capacity, p.count + 1, sizeof(*p.list)))
 *		return false;
 *	p.list[p.count++] = page;
 *
 * free(p.list) frees it.
 */
#ifndef TOOLS_COMMON_ARRAY_H
#define TOOLS_COMMON_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make room for `need` elements of `each` bytes. `array` is the address of the pointer to them,
 * which is NULL at first, as *capacity is 0. The room at least doubles, so that elements
 * may be added one by one. False without memory, or if so many bytes cannot be: nothing is changed.
 */
bool array_reserve(void *array, size_t *capacity, size_t need, size_t each);

#endif
