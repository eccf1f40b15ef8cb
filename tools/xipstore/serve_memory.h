/*
 * What a publisher remembers: how often a file was launched, and what came of requests. Tables of a
 * fixed size: where there is no room, the oldest of a few goes. Times are seconds that only grow.
 */
#ifndef XIPSTORE_SERVE_MEMORY_H
#define XIPSTORE_SERVE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/hash.h"

#define MEMORY_WAYS 8 /* entries among which one has its place */
#define MEMORY_TALLY 4096
#define MEMORY_RESULTS 1024
#define MEMORY_REASON 160

#define MEMORY_DONE 1 /* seconds: launches that asked before the plan was there */
#define MEMORY_FAILED 600

/* A file, and who launched it. What differs in inode, size or a time is another file. */
struct launched {
	uint64_t ino;
	int64_t size, mtime_sec, ctime_sec;
	uint32_t mtime_nsec, ctime_nsec, uid, zero;
};

struct tally_entry {
	struct launched file;
	int64_t first; /* launch of this day */
	uint32_t launches; /* 0: the entry is free */
};

struct result_entry {
	uint8_t key[HASH_SIZE]; /* of the request's */
	struct launched file; /* its program; uid 0 */
	int64_t at;
	bool taken, failed;
	char reason[MEMORY_REASON]; /* of a failure */
};

/* Zeroed but for the seed, which nobody else knows: places cannot be foreseen. */
struct memory {
	uint64_t seed;
	struct tally_entry tally[MEMORY_TALLY];
	struct result_entry results[MEMORY_RESULTS];
};

struct launched launched_file(const struct stat *st, uint32_t uid);

/* Count a launch; returns how many there were within a day. */
unsigned memory_count(struct memory *memory, const struct launched *file, int64_t now);
/* The same without counting this one. */
unsigned memory_launches(const struct memory *memory, const struct launched *file, int64_t now);

void memory_keep(struct memory *memory, const uint8_t key[HASH_SIZE], const struct launched *file,
		 int64_t now, const char *failure);

/* What came of this key, as long as it holds and the program is the same file; NULL: not known. */
const struct result_entry *memory_result(const struct memory *memory, const uint8_t key[HASH_SIZE],
					 const struct launched *file, int64_t now);

#endif
