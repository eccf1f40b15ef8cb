/* Writing saved states (snapshot.h). */
#ifndef SHMSTAT_CMD_SNAPSHOT_WRITE_H
#define SHMSTAT_CMD_SNAPSHOT_WRITE_H

#include "shmstat/cmd/snapshot.h"

struct snapshot_writer;

/* Begin a file under a temporary name; "-" is standard output. NULL with *error set. */
struct snapshot_writer *snapshot_begin(const char *path, struct error *error);
/* How many processes were added. */
size_t snapshot_count(const struct snapshot_writer *w);
/* One process, read with DEPTH_PAGES. Failures are kept until snapshot_end. */
void snapshot_add(struct snapshot_writer *w, const struct process *p);
/* Give the file its name. False with *error set: then nothing is left of it. Frees w. */
bool snapshot_end(struct snapshot_writer *w, struct error *error);
/* Give up: nothing is left. */
void snapshot_abandon(struct snapshot_writer *w);

#endif
