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

#endif
