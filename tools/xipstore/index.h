/* The index of an epoch: its records, decoded. */
#ifndef XIPSTORE_INDEX_H
#define XIPSTORE_INDEX_H

#include "xipstore/store.h"

struct index {
	struct index_record *list; /* the good records, by slot; owned */
	size_t count, capacity;
	size_t damaged; /* records that are not good */
	size_t cut; /* bytes at the end that are no whole record */
};

/* Pure: take the bytes of an index apart. */
void index_decode(struct index *index, const char *bytes, size_t size, const struct store *store);

/* Read the current epoch's index; an absent one is empty. False, with fault, if it cannot be read.
 */
bool index_read(struct index *index, const struct store *store, struct error *error);
void index_free(struct index *index);

/* The record of the object whose slot holds this address, or NULL. */
const struct index_record *index_at(const struct index *index, uint64_t address);

/* The record of the object that an alias stands for, or NULL; of an object, itself. */
const struct index_record *index_object(const struct index *index, const struct index_record *r);

/* Write the records as the current epoch's index, whole or not at all; the lock must be held. */
bool index_write(const struct index *index, const struct store *store, struct error *error);

/* Is a file what it was? As the loader sees it. */
bool same_file(const struct file_id *a, const struct file_id *b);

#endif
