/* Reading saved states (snapshot.h). */
#ifndef SHMSTAT_CMD_SNAPSHOT_READ_H
#define SHMSTAT_CMD_SNAPSHOT_READ_H

#include "shmstat/cmd/snapshot.h"

/* Strings belong to the snapshot. */
struct saved_symbol {
	const char *symbol, *section, *reason, *kind;
	int64_t pages, words;
};

struct saved_object {
	const char *path;
	int64_t counts[SAVED_COUNT];
	struct saved_symbol *symbols;
	size_t symbol_count;
};

struct saved_process {
	int64_t pid, start_time;
	const char *name;
	int64_t counts[SAVED_COUNT];
	struct saved_object *objects;
	size_t object_count;
};

struct snapshot {
	struct saved_process *processes;
	size_t count;
	void *json; /* what the strings belong to */
};

/* Read and check a whole file. False with *error set: not JSON, not a snapshot, what is wrong
 * where. */
bool snapshot_read(struct snapshot *s, const char *path, struct error *error);
void snapshot_free(struct snapshot *s);

#endif
