/* shmstat advise for people. */
#ifndef SHMSTAT_ADVISE_TEXT_H
#define SHMSTAT_ADVISE_TEXT_H

#include "shmstat/advise/advice.h"

/* Print it; top entries of each list. */
void advise_text(const struct advice *a, const struct advise_options *options);

#endif
