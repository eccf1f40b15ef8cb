/*
 * A hash table over elements that are kept elsewhere, in an array: from a hash to their numbers.
 *
 *	struct hash_index_walk walk = hash_index_walk(&h, hash);
 *	size_t i;
 *
 *	while (hash_index_next(&walk, &i))
 *		if (is_same(&list[i], wanted))
 *			return &list[i];
 *	if (!hash_index_add(&h, hash, count))
 *		return NULL;
 *	list[count] = *wanted;
 *	return &list[count++];
 */
#ifndef TOOLS_COMMON_HASH_INDEX_H
#define TOOLS_COMMON_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at first. */
struct hash_index {
	struct hash_slot *slots; /* a power of two of them, at most three quarters taken */
	size_t count, capacity;
};

struct hash_index_walk {
	const struct hash_index *h;
	uint32_t hash;
	size_t at;
};

/* The numbers that were added with this hash, in the order in which they were. */
struct hash_index_walk hash_index_walk(const struct hash_index *h, uint64_t hash);
/* False at the end. */
bool hash_index_next(struct hash_index_walk *walk, size_t *number);

/* False without memory: nothing is changed. Numbers are below 2^32 - 2. */
bool hash_index_add(struct hash_index *h, uint64_t hash, size_t number);

/* Empty again, with the room that it has. */
void hash_index_clear(struct hash_index *h);
void hash_index_free(struct hash_index *h);

/* A hash of numbers, and of bytes; `seed` is another's hash, or 0. */
uint64_t hash_of_number(uint64_t n, uint64_t seed);
uint64_t hash_of_bytes(const void *bytes, size_t size, uint64_t seed);
uint64_t hash_of_string(const char *s, uint64_t seed);

#endif
