/*
 * The store: where the region's files live. See docs/store.md for the formats.
 *
 *	DIR/plans/KEY         plans, with the pages that one closure has for itself
 *	DIR/init-pages/ID          pages of a plan as constructors leave them
 *	DIR/epoch             which epoch is current: its number, the region's base and size
 *	DIR/e-N/lock          held (flock) by the one process that publishes
 *	DIR/e-N/index         objects: content hash, slot, canonical copy, baseline relocated pages
 *	DIR/e-N/index.private the same of files that not everybody may read
 *	DIR/e-N/objects/HASH  canonical copies of files that could be changed in place
 *	DIR/e-N/relocated/ID     relocated pages, as the first closure made them
 */
#ifndef XIPLD_STORE_H
#define XIPLD_STORE_H

#include "rtld/rtld.h"
#include "cache/store/failure.h"
#include "lib/store_format.h"

struct store {
	char dir[STORE_PATH];
	char epoch_dir[STORE_PATH + 32];
	uint64_t epoch;
	uintptr_t base, size;
	bool system; /* root's, at its own place */
	int opened; /* the directory's descriptor plus 1; 0: none, see store_enter */
	int lock; /* the same of the lock, while publishing */
	struct file_id known; /* of the directory that was opened and found safe */
	uint64_t plan; /* plan_id of the plan that this process runs from; 0: none */
	bool everybody; /* may read that plan */
	enum publish_failure failure; /* why nothing can be published */
};

/* The store that the command line or the environment names; NULL: none. */
const char *store_given(void);

/* Fill *store with the n-th place to look at (0: system's or the one given, 1: the user's own).
 * False: no more. */
bool store_choose(struct store *store, int n);

/* Whom we publish for: the effective user. */
uint32_t store_user(void);

/*
 * The permissions of a file of the store: what root publishes is for everybody, if everybody may
 * read what it was made from; all else is for its owner.
 */
int store_mode(bool everybody);

/* Is this file one that we may believe: a regular file of root's or of our own that nobody else can
 * write? */
bool store_trusts(const struct file_id *id);

/* Is it a directory of root's or of our own that nobody else can write? */
bool store_directory_is_safe(const char *path);

/* Is it that, and can nobody else put another in its place? */
bool store_is_safe(const char *dir);

/* As mkdir -p; the last directory must be safe. */
bool store_make_directories(const char *path);

/*
 * Open the store's directory and see that it is safe. What follows does so by itself, and opens
 * files below it by that descriptor and without following a link, whatever lies at the path by
 * then. store_leave closes it: before the program runs, and whenever we are done thereafter.
 */
bool store_enter(struct store *store);
void store_leave(struct store *store);

/* Does this path lie in the store's directory? Those that are given to the following ones do. */
bool store_has(const struct store *store, const char *path);
int store_open_file(struct store *store, const char *path, int flags, int mode);
/* Open a plan to read it. If there is none, nothing else is asked: not whether the store is safe.
 */
int store_open_plan(struct store *store, const char *path);
int store_stat(struct store *store, const char *path, struct file_id *id);
void store_remove(struct store *store, const char *path);
bool store_rename(struct store *store, const char *from, const char *to);
bool store_make_directory(struct store *store, const char *path);

/* Does the mount of an open file let nobody execute what lies on it (noexec)? */
bool store_forbids_execution(int fd);

/*
 * Open the store for publishing: make its directories, read or begin the epoch, take the lock.
 * False, with its failure set, if this user may not, another publishes just now, or something is
 * unsound.
 */
bool store_open_for_publishing(struct store *store);

/* Fill an empty directory, s->dir, with a store whose epoch is this one. False: it cannot be. */
bool store_make(struct store *store, uint64_t number, uint64_t base, uint64_t size);

/* Read the current epoch of a store from which a plan came; leaves the store entered. */
bool store_is_current(struct store *store);

/* Lock it for publishing, if its epoch still is what store_is_current read. */
bool store_lock(struct store *store);
void store_close(struct store *store);

/*
 * The slot of an object whose headers were read from fd: its address in the region (ET_EXEC: 0),
 * with the record in *record. *fd becomes the canonical copy's descriptor if that is not the file
 * itself, and is then the caller's to close. `everybody` may read the file. False: run privately.
 */
bool store_slot(struct store *store, struct object *obj, int *fd, bool everybody,
		struct index_record *record);

/* Has an object got no slot because the region is full? */
bool store_region_is_full(void);

/*
 * The same without the lock, for dlopen: only what the index knows of that very file, and nothing
 * is written. False: not known.
 */
bool store_find(struct store *store, const struct object *obj, int *fd,
		struct index_record *record);

/* With the lock held: *record as the index has it now. False: it is there no more. */
bool store_renew_record(struct store *store, struct index_record *record);

/* Forget the index that store_slot read: the lock was given back, others may change it. */
void store_forget_index(void);

/* Write the records that changed; called once at the end of a publish, before the plan. */
bool store_write_index(struct store *store);

/* A program of this path is gone: forget its record, unless it has the highest or the lowest slot.
 */
void store_drop_record(const char *path);

/* Add or replace a record (found by hash and path). */
void store_update_record(const struct index_record *record);

/* Write all, or fail. */
bool store_write(int fd, const void *data, size_t size);

/* Make DIR/e-N/SUB/NAME's path. */
void store_path(const struct store *store, const char *sub, const char *name, char *path,
		size_t size);

/* The store of this launch. */
extern struct store store;

#endif
