/* What would make relocated pages fewer, and by how many. */
#ifndef SHMSTAT_ADVISE_REMEDIES_H
#define SHMSTAT_ADVISE_REMEDIES_H

#include "shmstat/advise/advice.h"

/* Which remedies apply to relocation r of item it, as bits; and sum them up. */
unsigned advice_remedies_of(const struct advice *a, const struct advice_item *it,
			    const struct reloc *r);
void advice_sum_remedies(struct advice *a);
/* Does this remedy remove that relocation, or only make it cheaper? */
bool advice_remedy_removes(enum remedy remedy, const struct reloc *r);

const char *advice_kind_name(enum advice_kind kind);
/* A stable short name ("offsets"), and what to do in one sentence. */
const char *advice_remedy_name(enum remedy remedy);
const char *advice_remedy_text(enum remedy remedy);

#endif
