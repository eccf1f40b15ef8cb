/* Whose a page is: a file; the private copies of a file's pages; the anonymous memory of a command.
 */
#ifndef SHMSTAT_DUPS_OWNERS_H
#define SHMSTAT_DUPS_OWNERS_H

#include "common/hash_index.h"
#include "shmstat/dups/table.h"

enum owner_kind {
	OWNER_FILE, /* the file's own pages (page cache), shared memory too */
	OWNER_COPY, /* anonymous pages in mappings of a file: relocated or written */
	OWNER_ANON /* heap, stack, other anonymous memory of processes with one command name */
};

struct owner {
	enum owner_kind kind;
	char *name; /* path, or "[heap] bash"; any bytes; owned */
	uint64_t device, inode; /* of files; device: major << 32 | minor */
	uint64_t size; /* of files in bytes; 0: not known */
	struct dups_hash content; /* of files that have the size of another one */
	bool hashed;
	uint32_t object; /* 1 + index of its group of equal files; 0: none */
	uint64_t pages; /* distinct ones that were read */
	uint32_t processes; /* that have any */
	int last_pid;
	bool asked; /* its size has been asked for */
};

struct owners {
	struct owner *owners;
	uint32_t count, most;
	size_t capacity;
	struct hash_index by_name; /* or device and inode */
};

/* At most `most` owners; further ones are all one, named "[others]". */
void owners_init(struct owners *o, uint32_t most);
void owners_free(struct owners *o);

/* The number of an owner, made if it is new (*fresh, may be NULL). UINT32_MAX without memory. */
uint32_t owners_find(struct owners *o, enum owner_kind kind, uint64_t device, uint64_t inode,
		     const char *name, bool *fresh);

#endif
