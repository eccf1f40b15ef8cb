/*
 * The store: where the region's files live. See docs/store.md for the formats.
 *
 *	DIR/plans/KEY         plans, with the pages that one closure has for itself
 *	DIR/epoch             which epoch is current: its number, the region's base and size
 *	DIR/e-N/lock          held (flock) by the one process that publishes
 *	DIR/e-N/index         objects: content hash, slot, canonical copy, natural linked pages
 *	DIR/e-N/objects/HASH  canonical copies of files that could be changed in place
 *	DIR/e-N/linked/ID     linked pages, as the first closure made them
 */
#ifndef XIPLD_STORE_H
#define XIPLD_STORE_H

#include "link/world.h"
#include "store/hash.h"

#define STORE_VERSION 1
#define STORE_PATH 512 /* longest path of the store's directory, NUL included */

/* Where things lie in the region, from its base; the slots of objects follow. */
#define REGION_HEAP 0x400000UL /* its first page is the export page; the stubs lie below it */
#define REGION_SLOTS 0x1000000UL

struct store {
	char dir[STORE_PATH];
	char epoch_dir[STORE_PATH + 32];
	uint64_t epoch;
	uintptr_t base, size;
	int lock; /* descriptor while publishing, else -1 */
	const char *why_not; /* why nothing can be published; NULL: it can */
};

/* One object of the index: 512 bytes on disk, valid if its checksum is right. */
struct index_record {
	uint64_t checksum; /* of the rest */
	uint32_t version, page_size;
	uint8_t hash[HASH_SIZE];
	struct file_id id; /* of the canonical copy */
	uint64_t slot, span; /* address in the region (0: ET_EXEC, where its headers say), bytes */
	uint64_t linked_id, linked_offset, linked_pages,
		linked_layout; /* natural pages; id 0: none yet */
	uint64_t cpu; /* whose IFUNC choices are in the linked pages */
	char path[512 - 8 - 8 - HASH_SIZE - sizeof(struct file_id) - 16 - 32 - 8];
};

/* Is `at` in one of the places where this CPU's regions may lie (ARCH_REGIONS)? */
bool store_in_region(uintptr_t at);

/* Fill *store with the n-th place to look at (0: system's or the one given, 1: the user's own).
 * False: no more. */
bool store_choose(struct store *store, int n);

/* Is this file one that we may believe: a regular file of root's or of our own that nobody else can
 * write? */
bool store_trusts(const struct file_id *id);

/*
 * Open the store for publishing: make its directories, read or begin the epoch, take the lock.
 * False, with why_not set, if this user may not, another publishes just now, or something is
 * unsound.
 */
bool store_open_for_publishing(struct store *store);
void store_close(struct store *store);

/*
 * The slot of an object whose headers were read from fd: its address in the region (ET_EXEC: 0),
 * with the record in *record. The object's path becomes that of the canonical copy, and *fd its
 * descriptor. False: run privately.
 */
bool store_slot(struct store *store, struct object *obj, int *fd, struct index_record *record);

/* Write the records that changed; called once at the end of a publish, before the plan. */
bool store_write_index(struct store *store);

/* Add or replace a record (found by hash and path). */
void store_update_record(struct store *store, const struct index_record *record);

_Static_assert(sizeof(struct index_record) == 512, "a record of the index has a fixed size");

/* Write all, or fail. */
bool store_write(int fd, const void *data, size_t size);

/* Make DIR/e-N/SUB/NAME's path. */
void store_path(const struct store *store, const char *sub, const char *name, char *path,
		size_t size);

/* The store of this launch. */
extern struct store store;

#endif
