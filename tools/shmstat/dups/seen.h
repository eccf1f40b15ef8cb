/*
 * A set of page numbers: which page frames, or which pages of a file, have been met. A bit each, in
 * pieces of 4096 pages that exist only where there are some.
 */
#ifndef SHMSTAT_DUPS_SEEN_H
#define SHMSTAT_DUPS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/hash_index.h"

struct dups_seen {
	struct seen_piece *pieces;
	size_t count, capacity, most;
	struct hash_index by_number; /* of pieces, and space */
};

/* At most `bytes` of memory. */
void dups_seen_init(struct dups_seen *s, size_t bytes);
void dups_seen_free(struct dups_seen *s);
void dups_seen_clear(struct dups_seen *s);

/* Add page `number` of `space` (0: frames; else an owner's number). SEEN_FULL: no memory is left to
 * remember it. */
enum seen { SEEN_NEW, SEEN_BEFORE, SEEN_FULL };
enum seen dups_seen_add(struct dups_seen *s, uint32_t space, uint64_t number);

#endif
