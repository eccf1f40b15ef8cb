/* All pages that are in memory, each once: from every process, through its page tables. */
#ifndef SHMSTAT_DUPS_WALK_H
#define SHMSTAT_DUPS_WALK_H

#include "shmstat/dups/owners.h"
#include "shmstat/dups/seen.h"
#include "shmstat/proc/model.h"

struct dups_counts {
	uint64_t processes, denied; /* read; may not be read */
	uint64_t pages; /* distinct, and read */
	uint64_t zero_anon, zero_file; /* of them, full of zeros: not compared */
	uint64_t ksm; /* shared by KSM already: not read */
	uint64_t hugetlb; /* not read: nothing shares them */
	uint64_t unread; /* gone or unreadable when their turn came */
	uint64_t unknown; /* without privilege: anonymous, but shared with somebody; not read */
	uint64_t forgotten; /* may have been counted twice: no memory to remember them by */
};

struct dups_walk {
	struct dups_counts counts;
	struct dups_seen seen;
	struct owners owners;
	bool numbered; /* page frames are known by number: as root */
	bool progress; /* on standard error */
	const int *pids; /* only these processes; NULL: all */
	size_t pid_count;
	struct walk_state *state;
};

/* Memory for walking: `seen_bytes` at most to remember pages by, `most_owners`. */
bool dups_walk_init(struct dups_walk *w, size_t seen_bytes, uint32_t most_owners);
void dups_walk_free(struct dups_walk *w);

/*
 * Hand every page to `visit` (system_page_size() bytes, not all zero). Clears and counts w->counts.
 * `title` is for the progress line. False with errno if /proc cannot be listed.
 */
bool dups_walk_pages(struct dups_walk *w, const char *title,
		     void (*visit)(const void *page, uint32_t owner, void *arg), void *arg);

/* Hand every mapping of a file whose owner is known to `visit`, with its process. */
bool dups_walk_files(struct dups_walk *w, const char *title,
		     void (*visit)(const struct process *p, const struct mapping *m,
				   struct owner *owner, void *arg),
		     void *arg);

#endif
