/*
 * DIR/limit: how much of the disk a store may take. Launches do not read it; who publishes for
 * others and who looks after the store do (docs/store.md). No system calls.
 */
#ifndef XIPLD_LIMIT_H
#define XIPLD_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_MAGIC "xipldlm1"
#define LIMIT_VERSION 1 /* its own: a limit outlives other versions of the store */

#define LIMIT_BYTES (1UL << 30) /* by default the lesser of this */
#define LIMIT_PERCENT 5 /* and of so much of the file system */

enum limit_unit {
	LIMIT_OF_BYTES = 1,
	LIMIT_OF_FILE_SYSTEM, /* percent of its size */
	LIMIT_NONE,
	LIMIT_DEFAULT, /* never in a file: there is none then */
};

struct limit {
	enum limit_unit unit;
	uint64_t value; /* bytes or percent, else 0 */
};

struct limit_file {
	char magic[8];
	uint64_t checksum; /* of the rest */
	uint32_t version, unit;
	uint64_t value;
};

void limit_encode(struct limit_file *file, const struct limit *limit);

/* Take a file of `size` bytes apart. NULL, or what is wrong: the end of a sentence that begins with
 * its name. */
const char *limit_decode(const struct limit_file *file, size_t size, struct limit *limit);

/* "64M", "5%", "none", "default". NULL, or what is wrong with it. */
const char *limit_parse(const char *text, struct limit *limit);

/* In bytes, in a file system of that size; UINT64_MAX: there is none. */
uint64_t limit_bytes(const struct limit *limit, uint64_t file_system);

#endif
