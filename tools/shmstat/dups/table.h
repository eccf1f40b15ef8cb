/*
 * Which pages have equal content: two walks over all pages, in a fixed amount of memory.
 *
 * The first walk sets a filter: two bits for each slot of a hash (seen once; more than once). The
 * second keeps a record only of pages whose slot was met more than once: nearly all others have no
 * twin. If those records have no room either, the second walk is made in rounds, each for a part of
 * the hashes; a part that is still too large is cut in two. Equal means: equal in 128 bits of a
 * hash keyed at random for this run, so that nobody can make pages that only look equal.
 */
#ifndef SHMSTAT_DUPS_TABLE_H
#define SHMSTAT_DUPS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dups_hash {
	uint64_t low, high;
};

struct dups_record {
	struct dups_hash hash;
	uint32_t owner; /* whose page: a number of the caller's */
	uint32_t pages; /* how many equal ones this owner has */
};

struct dups_table {
	uint64_t *filter;
	size_t filter_words, slots; /* 32 slots a word; slots is a power of two */
	struct dups_record *records;
	size_t capacity, count;
	uint64_t seen; /* pages of the first walk */
	uint64_t modulus, remainder; /* this round's hashes */
	bool overflow; /* it has more than there is room for */
	bool last_try; /* it will not be cut again */
	uint64_t left_out; /* pages of this round without room */
	unsigned rounds; /* walks that were made */
	uint64_t lost; /* pages that no round had room for */
};

/* Half of `bytes` for the filter, half for records. False without memory. */
bool dups_table_init(struct dups_table *t, size_t bytes);
void dups_table_free(struct dups_table *t);

/* The first walk: a page with this hash. */
void dups_first(struct dups_table *t, const struct dups_hash *hash);

/*
 * All rounds of the second walk. `walk` hands over all pages again with dups_second and returns
 * false to give up; `group` is called for each group of equal pages: records of different owners,
 * by owner. A group that changed under the walks may have one page only. False if `walk` was.
 */
bool dups_rounds(struct dups_table *t, bool (*walk)(void *arg),
		 void (*group)(const struct dups_record *records, size_t count, void *arg),
		 void *arg);
void dups_second(struct dups_table *t, const struct dups_hash *hash, uint32_t owner);

/* A hash of one page; `secret` are DUPS_SECRET random bytes. */
#define DUPS_SECRET 192
struct dups_hash dups_hash_page(const void *bytes, size_t size, const unsigned char *secret);

#endif
