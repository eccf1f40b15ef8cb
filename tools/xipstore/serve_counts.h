/*
 * What a publisher was asked since it began, and what it answered: counted by reason. A table of a
 * fixed size: reasons that have no room in it are counted together.
 */
#ifndef XIPSTORE_SERVE_COUNTS_H
#define XIPSTORE_SERVE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTS_REASONS 48
#define COUNTS_REASON 160

enum count_kind {
	COUNT_PUBLISHED,
	COUNT_UNCHANGED, /* there was a good plan by then; an input may have been noted */
	COUNT_LEARNED, /* kept what a launch handed in */
	COUNT_WAITING, /* not yet worth a plan */
	COUNT_REPEATED, /* asked again for what was done, failed or waits */
	COUNT_REFUSED,
	COUNT_FAILED,
	COUNT_DROPPED, /* there was no room for it */
	COUNT_KINDS
};

struct counts {
	uint64_t of[COUNT_KINDS];
	struct count {
		char reason[COUNTS_REASON];
		enum count_kind kind;
		uint64_t times; /* 0: free */
	} reasons[COUNTS_REASONS];
};

/* `reason` may be NULL. */
void counts_add(struct counts *counts, enum count_kind kind, const char *reason);

/*
 * As text, in lines: TIMES KIND, and below each kind its reasons, a tab before TIMES REASON.
 * Returns its length; what has no room is left out, by whole lines.
 */
size_t counts_print(const struct counts *counts, char *text, size_t size);

#endif
