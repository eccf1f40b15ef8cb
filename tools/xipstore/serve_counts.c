#include "xipstore/serve_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[COUNT_KINDS] = {
	[COUNT_PUBLISHED] = "published", [COUNT_UNCHANGED] = "unchanged",
	[COUNT_LEARNED] = "learned",	 [COUNT_WAITING] = "not-yet",
	[COUNT_REPEATED] = "repeated",	 [COUNT_REFUSED] = "refused",
	[COUNT_FAILED] = "failed",	 [COUNT_DROPPED] = "dropped",
};

void
counts_add(struct counts *c, enum count_kind kind, const char *reason)
{
	c->of[kind]++;
	for (size_t i = 0; reason && i < COUNTS_REASONS; i++) {
		struct count *r = &c->reasons[i];

		if (!r->times) {
			r->kind = kind;
			snprintf(r->reason, sizeof(r->reason), "%s", reason);
		} else if (r->kind != kind ||
			   strncmp(r->reason, reason, sizeof(r->reason) - 1) != 0) {
			continue;
		}
		r->times++;
		return;
	}
}

/* One line more; *used stays where it is without room. */
static void
put(char *text, size_t size, size_t *used, const char *before, const char *name, uint64_t times)
{
	int n = snprintf(text + *used, size - *used, "%s%" PRIu64 " %s\n", before, times, name);

	if (n > 0 && (size_t)n < size - *used)
		*used += (size_t)n;
}

size_t
counts_print(const struct counts *c, char *text, size_t size)
{
	size_t used = 0;

	for (enum count_kind kind = 0; kind < COUNT_KINDS; kind++) {
		put(text, size, &used, "", names[kind], c->of[kind]);
		for (size_t i = 0; i < COUNTS_REASONS; i++)
			if (c->reasons[i].times && c->reasons[i].kind == kind)
				put(text, size, &used, "\t", c->reasons[i].reason,
				    c->reasons[i].times);
	}
	return used;
}
