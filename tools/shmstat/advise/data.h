/* shmstat advise for scripts: JSON and CSV. */
#ifndef SHMSTAT_ADVISE_DATA_H
#define SHMSTAT_ADVISE_DATA_H

#include "shmstat/advise/advice.h"

/* One after the other for several files. */
void advise_csv_heading(void);
void advise_csv(const struct advice *a, const struct advise_options *options);

/* A new JSON object (jansson's json_t). */
struct json_t *advise_json(const struct advice *a, const struct advise_options *options);

#endif
