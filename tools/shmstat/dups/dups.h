/* shmstat dups: memory that is there more than once, and what keeping it once would give back. */
#ifndef SHMSTAT_DUPS_DUPS_H
#define SHMSTAT_DUPS_DUPS_H

#include "common/hash_index.h"
#include "shmstat/dups/walk.h"
#include "shmstat/out/error.h"

/* Equal pages of two owners (or within one), and how many fewer there would be. Of a group of n
 * equal pages one stays: the file's if there is one; each of the others counts for one pair. */
struct dups_pair {
	uint32_t first, second;
	uint64_t pages;
};

/* Files with equal content. */
struct dups_object {
	uint64_t size; /* bytes */
	struct dups_hash content;
	uint32_t files;
	uint64_t pages; /* resident more than once: given back if all were one file */
	uint64_t stamp; /* the group of equal pages that was counted last */
};

struct dups {
	struct dups_walk walk;
	struct dups_table table;
	unsigned char secret[DUPS_SECRET];
	struct dups_pair *pairs; /* most pages first */
	size_t pair_count, pair_capacity;
	struct hash_index by_owners; /* of pairs, while they are counted */
	uint64_t unlisted; /* given back by pairs that there was no room for */
	struct dups_object *objects; /* most pages first */
	size_t object_count;
	uint64_t all; /* pages that could be given back: all but one of each group */
	uint64_t region; /* of them, by a shared region: files and private copies of their pages */
	uint64_t ksm; /* by KSM: anonymous memory and private copies. Both count what both could */
	uint64_t groups;
};

struct dups_options {
	size_t memory; /* bytes for filter and records */
	bool progress;
	const int *pids;
	size_t pid_count;
};

/* Look at all. False with *error set. dups_free also after that. */
bool dups_find(struct dups *d, const struct dups_options *options, struct error *error);
void dups_free(struct dups *d);

/* What would share the pages of a pair: "region", "region or ksm", "ksm", "map the file". */
const char *dups_remedy(const struct dups *d, const struct dups_pair *pair);

#endif
