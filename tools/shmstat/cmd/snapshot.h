/*
 * Saved states: what `shmstat save` writes and `shmstat diff` reads. JSON, described in shmstat.1:
 *
 * {"shmstat_snapshot": 1, "time": seconds since 1970, "processes": [PROCESS, …]}
 * PROCESS: pid, start_time, uid, name, xipld, changed, tables_kb, the counts in kB, objects
 * OBJECT: path, the counts in kB, symbols
 * SYMBOL: symbol, section, reason, kind, pages, words
 */
#ifndef SHMSTAT_CMD_SNAPSHOT_H
#define SHMSTAT_CMD_SNAPSHOT_H

#include "shmstat/read/reader.h"

#define SNAPSHOT_FORMAT 1

/* Counts that are saved, in kB; also the columns of diff. */
enum saved { SAVED_RSS, SAVED_PSS, SAVED_USS, SAVED_PRIVATE, SAVED_COW, SAVED_SWAP, SAVED_COUNT };
extern const char *const saved_keys[SAVED_COUNT];

struct snapshot_writer;

/* Begin a file under a temporary name; "-" is standard output. NULL with *fault set. */
struct snapshot_writer *snapshot_begin(const char *path, struct fault *fault);
/* How many processes were added. */
size_t snapshot_count(const struct snapshot_writer *w);
/* One process, read with DEPTH_PAGES. Failures are kept until snapshot_end. */
void snapshot_add(struct snapshot_writer *w, const struct process *p);
/* Give the file its name. False with *fault set: then nothing is left of it. Frees w. */
bool snapshot_end(struct snapshot_writer *w, struct fault *fault);
/* Give up: nothing is left. */
void snapshot_abandon(struct snapshot_writer *w);

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

/* Read and check a whole file. False with *fault set: not JSON, not a snapshot, what is wrong
 * where. */
bool snapshot_read(struct snapshot *s, const char *path, struct fault *fault);
void snapshot_free(struct snapshot *s);

#endif
