/*
 * A hash table over elements that are kept elsewhere, in an array: from a hash to their numbers.
 *
 *	struct hashtable_walk walk = hashtable_walk(&h, hash);
 *	size_t i;
 *
 *	while (hashtable_next(&walk, &i))
 *		if (is_same(&list[i], wanted))
 *			return &list[i];
 *	if (!hashtable_add(&h, hash, count))
 *		return NULL;
 *	list[count] = *wanted;
 *	return &list[count++];
 */
#ifndef TOOLS_COMMON_HASHTABLE_H
#define TOOLS_COMMON_HASHTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at first. */
struct hashtable {
	struct hashtable_slot *slots; /* a power of two of them, at most three quarters taken */
	size_t count, capacity;
};

struct hashtable_walk {
	const struct hashtable *h;
	uint32_t hash;
	size_t at;
};

/* The numbers that were added with this hash, in the order in which they were. */
struct hashtable_walk hashtable_walk(const struct hashtable *h, uint64_t hash);
/* False at the end. */
bool hashtable_next(struct hashtable_walk *walk, size_t *number);

/* False without memory: nothing is changed. Numbers are below 2^32 - 2. */
bool hashtable_add(struct hashtable *h, uint64_t hash, size_t number);

/* Empty again, with the room that it has. */
void hashtable_clear(struct hashtable *h);
void hashtable_free(struct hashtable *h);

/* A hash of numbers, and of bytes; `seed` is another's hash, or 0. */
uint64_t hash_of_number(uint64_t n, uint64_t seed);
uint64_t hash_of_bytes(const void *bytes, size_t size, uint64_t seed);
uint64_t hash_of_string(const char *s, uint64_t seed);

#endif
