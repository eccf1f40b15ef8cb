/* What `shmstat watch` shows: rows of one level, as they were read last. */
#ifndef SHMSTAT_VIEW_WATCH_LIST_H
#define SHMSTAT_VIEW_WATCH_LIST_H

#include "shmstat/read/list.h"
#include "shmstat/read/reader.h"

enum level { LEVEL_PROCESSES, LEVEL_OBJECTS, LEVEL_SEGMENTS, LEVEL_COUNT };

#define WATCH_COLUMNS 11

extern const char *const watch_titles[WATCH_COLUMNS];
/* Colours of what is not 0 there, numbered as in SGR (1: red); 0: none. The same as in the views.
 */
extern const int watch_colours[WATCH_COLUMNS];

struct watch_row {
	uint64_t key; /* number of a process, address of an object or segment: the same next time */
	uint64_t kb[WATCH_COLUMNS];
	char *name; /* fit to be shown; owned */
	bool changed; /* while it was read */
};

struct watch_list {
	struct watch_row *rows;
	size_t count, capacity;
	struct watch_row sum;
	size_t denied;
};

/* What is looked at. */
struct watch_place {
	enum level level;
	pid_t pid; /* from LEVEL_OBJECTS on */
	uint64_t object; /* LEVEL_SEGMENTS: its lowest address */
	char title[192]; /* fit to be shown */
};

/* Read the place's rows again. False with *error set: the process is gone, or no memory. */
bool watch_read(struct reader *r, const struct filter *filter, const struct watch_place *place,
		struct watch_list *list, struct error *error);
void watch_free(struct watch_list *list);

/* By a column (numbers fall); WATCH_COLUMNS: by name; -1: as they were read. */
void watch_sort(struct watch_list *list, int column, bool reverse);

#endif
