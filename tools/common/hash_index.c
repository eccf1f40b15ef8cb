#include "common/hash_index.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define MOST (UINT32_MAX - 1)

struct hash_slot {
	uint32_t hash; /* folded */
	uint32_t number; /* + 1; 0: free */
};

static uint32_t
fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

struct hash_index_walk
hash_index_walk(const struct hash_index *h, uint64_t hash)
{
	return (struct hash_index_walk){
		.h = h, .hash = fold(hash), .at = fold(hash) & (h->capacity - 1)};
}

bool
hash_index_next(struct hash_index_walk *walk, size_t *number)
{
	const struct hash_index *h = walk->h;

	while (h->capacity && h->slots[walk->at].number) {
		const struct hash_slot *slot = &h->slots[walk->at];

		walk->at = (walk->at + 1) & (h->capacity - 1);
		if (slot->hash == walk->hash) {
			*number = slot->number - 1;
			return true;
		}
	}
	return false;
}

static void
put(struct hash_index *h, struct hash_slot slot)
{
	size_t at = slot.hash & (h->capacity - 1);

	while (h->slots[at].number)
		at = (at + 1) & (h->capacity - 1);
	h->slots[at] = slot;
}

static bool
grow(struct hash_index *h)
{
	size_t capacity = h->capacity ? h->capacity * 2 : FIRST_CAPACITY;
	struct hash_index larger = {.slots = calloc(capacity, sizeof(*h->slots)),
				    .capacity = capacity};
	size_t end = 0;

	if (!larger.slots)
		return false;
	/* from a free slot on: then those of one hash stay in their order */
	while (h->capacity && h->slots[end].number)
		end++;
	for (size_t i = 0; i < h->capacity; i++) {
		struct hash_slot slot = h->slots[(end + i) & (h->capacity - 1)];

		if (slot.number)
			put(&larger, slot);
	}
	free(h->slots);
	h->slots = larger.slots;
	h->capacity = capacity;
	return true;
}

bool
hash_index_add(struct hash_index *h, uint64_t hash, size_t number)
{
	if (number >= MOST || (h->count >= h->capacity / 4 * 3 && !grow(h)))
		return false;
	put(h, (struct hash_slot){fold(hash), (uint32_t)number + 1});
	h->count++;
	return true;
}

void
hash_index_clear(struct hash_index *h)
{
	if (h->capacity)
		memset(h->slots, 0, h->capacity * sizeof(*h->slots));
	h->count = 0;
}

void
hash_index_free(struct hash_index *h)
{
	free(h->slots);
	*h = (struct hash_index){0};
}

uint64_t
hash_of_number(uint64_t n, uint64_t seed)
{
	uint64_t h = (n ^ seed * 0xff51afd7ed558ccdULL) * 0x9e3779b97f4a7c15ULL;

	return h ^ h >> 29;
}

/* FNV-1a */
uint64_t
hash_of_bytes(const void *bytes, size_t size, uint64_t seed)
{
	const unsigned char *b = bytes;
	uint64_t h = 0xcbf29ce484222325ULL ^ seed;

	for (size_t i = 0; i < size; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

uint64_t
hash_of_string(const char *s, uint64_t seed)
{
	return hash_of_bytes(s, strlen(s), seed);
}
