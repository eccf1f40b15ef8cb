/*
 * What this process has tried to share before, and how often: a program that opens and closes the
 * same again and again is not to pay for it each time.
 *
 * A small table, by a sum over what was tried, in groups of a few places. Where a group is full,
 * what is new has the place of what was noted least: that is tried again.
 */
#ifndef XIPLD_RECALL_H
#define XIPLD_RECALL_H

#include "lib/sys.h"

#define RECALL_GROUPS 16
#define RECALL_PLACES 8
#define RECALL_MOST 255UL

struct recall {
	uint64_t place[RECALL_GROUPS][RECALL_PLACES]; /* a sum; its lowest byte is the count */
};

/* The sum's place, or the one that it would get. */
static inline uint64_t *
recall_place(struct recall *r, uint64_t sum)
{
	uint64_t *group = r->place[(sum >> 8) % RECALL_GROUPS], *least = group;

	for (uint32_t i = 0; i < RECALL_PLACES; i++) {
		if ((group[i] ^ sum) <= RECALL_MOST)
			return &group[i];
		if ((group[i] & RECALL_MOST) < (*least & RECALL_MOST))
			least = &group[i];
	}
	return least;
}

/* How often it was noted. */
static inline uint32_t
recall_times(struct recall *r, uint64_t sum)
{
	uint64_t at = *recall_place(r, sum);

	return (at ^ sum) <= RECALL_MOST ? at & RECALL_MOST : 0;
}

static inline void
recall_note(struct recall *r, uint64_t sum)
{
	uint64_t times = recall_times(r, sum);

	if (times < RECALL_MOST)
		*recall_place(r, sum) = (sum & ~RECALL_MOST) | (times + 1);
}

#endif
