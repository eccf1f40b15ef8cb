#include "shmstat/dups/seen.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_PAGES 4096

/* In an open hash table; one whose bits are all 0 is free. */
struct seen_piece {
	uint64_t number; /* of its first page, / PIECE_PAGES */
	uint32_t space;
	bool used;
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
	s->pieces = NULL;
	s->count = s->room = 0;
}

void
dups_seen_clear(struct dups_seen *s)
{
	if (s->room)
		memset(s->pieces, 0, s->room * sizeof(*s->pieces));
	s->count = 0;
}

static struct seen_piece *
find(struct seen_piece *pieces, size_t room, uint32_t space, uint64_t number)
{
	uint64_t hash = (number * 0x9e3779b97f4a7c15ULL ^ space) * 0xff51afd7ed558ccdULL;
	size_t i = (size_t)(hash >> 20) & (room - 1);

	while (pieces[i].used && (pieces[i].number != number || pieces[i].space != space))
		i = (i + 1) & (room - 1);
	return &pieces[i];
}

/* At three quarters full twice the size, while that is allowed. */
static bool
grow(struct dups_seen *s)
{
	size_t room = s->room ? s->room * 2 : 64;
	struct seen_piece *larger;

	if (s->room && s->count < s->room / 4 * 3)
		return true;
	if (room > s->most)
		return s->room && s->count < s->room - 1;
	larger = calloc(room, sizeof(*larger));
	if (!larger)
		return false;
	for (size_t i = 0; i < s->room; i++)
		if (s->pieces[i].used)
			*find(larger, room, s->pieces[i].space, s->pieces[i].number) = s->pieces[i];
	free(s->pieces);
	s->pieces = larger;
	s->room = room;
	return true;
}

enum seen
dups_seen_add(struct dups_seen *s, uint32_t space, uint64_t number)
{
	uint64_t which = number / PIECE_PAGES, bit = 1ULL << (number % 64);
	size_t word = number % PIECE_PAGES / 64;
	struct seen_piece *piece = s->room ? find(s->pieces, s->room, space, which) : NULL;

	if (!piece || !piece->used) {
		if (!grow(s))
			return SEEN_FULL;
		piece = find(s->pieces, s->room, space, which);
		piece->number = which;
		piece->space = space;
		piece->used = true;
		s->count++;
	}
	if (piece->bits[word] & bit)
		return SEEN_BEFORE;
	piece->bits[word] |= bit;
	return SEEN_NEW;
}
