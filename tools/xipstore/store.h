/* The store that is looked after: where it is, whether to believe it, its epoch, its lock. */
#ifndef XIPSTORE_STORE_H
#define XIPSTORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/message.h"
#include "lib/store_format.h"

#define SYSTEM_STORE "/var/cache/xipld"

struct store {
	char dir[STORE_PATH]; /* absolute, symbolic links resolved */
	bool has_epoch; /* DIR/epoch is there and good; the rest then holds */
	uint64_t epoch, base, size;
	char epoch_dir[STORE_PATH + 32];
	int lock; /* descriptor of the epoch's lock, or -1 */
};

/*
 * Choose and open a store: `given`, or XIPLD_STORE, or root's for root and the user's own for
 * others. False, with fault, if there is none or if it is not to be believed. A damaged epoch file
 * leaves has_epoch false and is told in *damage (may be NULL), whose file is empty else.
 */
bool store_open(struct store *store, const char *given, struct error *damage, struct error *error);

/* The store that this (may be NULL), or else XIPLD_STORE names; NULL: neither does. */
const char *store_named(const char *given);

/* Does neither this (may be NULL) nor XIPLD_STORE name a store? */
bool store_is_default(const char *given);

/* Take the lock of the current epoch (or of the directory given), waiting `seconds` at most. */
bool store_lock(struct store *store, unsigned seconds, struct error *error);
int lock_epoch(const char *epoch_dir, unsigned seconds, struct error *error);
void store_unlock(struct store *store);

/* May this user change the store? */
bool store_may_write(const struct store *store, struct error *error);

#endif
