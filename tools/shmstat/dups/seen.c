#include "shmstat/dups/seen.h"

#include <stdlib.h>

#include "common/array.h"

#define PIECE_PAGES 4096

struct seen_piece {
	uint64_t number; /* of its first page, / PIECE_PAGES */
	uint32_t space;
	uint64_t bits[PIECE_PAGES / 64];
};

void
dups_seen_init(struct dups_seen *s, size_t bytes)
{
	*s = (struct dups_seen){.most = bytes / sizeof(struct seen_piece)};
}

void
dups_seen_free(struct dups_seen *s)
{
	free(s->pieces);
	hash_index_free(&s->by_number);
	s->pieces = NULL;
	s->count = s->capacity = 0;
}

void
dups_seen_clear(struct dups_seen *s)
{
	hash_index_clear(&s->by_number);
	s->count = 0;
}

/* The piece, new if need be. NULL if there is no room for it. */
static struct seen_piece *
find_or_add(struct dups_seen *s, uint32_t space, uint64_t number)
{
	uint64_t hash = hash_of_number(number, space);
	struct hash_index_walk walk = hash_index_walk(&s->by_number, hash);
	struct seen_piece *piece;
	size_t i;

	while (hash_index_next(&walk, &i))
		if (s->pieces[i].number == number && s->pieces[i].space == space)
			return &s->pieces[i];
	if (s->count == s->most ||
	    !array_reserve(&s->pieces, &s->capacity, s->count + 1, sizeof(*s->pieces)) ||
	    !hash_index_add(&s->by_number, hash, s->count))
		return NULL;
	piece = &s->pieces[s->count++];
	*piece = (struct seen_piece){.number = number, .space = space};
	return piece;
}

enum seen
dups_seen_add(struct dups_seen *s, uint32_t space, uint64_t number)
{
	uint64_t bit = 1ULL << (number % 64);
	size_t word = number % PIECE_PAGES / 64;
	struct seen_piece *piece = find_or_add(s, space, number / PIECE_PAGES);

	if (!piece)
		return SEEN_FULL;
	if (piece->bits[word] & bit)
		return SEEN_BEFORE;
	piece->bits[word] |= bit;
	return SEEN_NEW;
}
