/* Pictures as the page (page.html) reads them, and the page around them. */
#ifndef SHMSTAT_VIEW_PICTURE_JSON_H
#define SHMSTAT_VIEW_PICTURE_JSON_H

#include <jansson.h>

#include "shmstat/view/picture.h"

/* As page.html reads it; with_maps: cells too. The caller's; NULL without memory. */
json_t *picture_json(const struct picture *pic);
/* Numbers of a process exclusive, for the charts. */
json_t *process_json(const struct process *p);

/* A self-contained page around `data` ({"title", "processes", "compare"}). False without memory. */
bool page_write(json_t *data, FILE *to);

#endif
