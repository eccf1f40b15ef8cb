/* Publishing: a first launch puts into the store what the next ones map. */
#ifndef XIPLD_PUBLISH_H
#define XIPLD_PUBLISH_H

#include "cache/store/failure.h"
#include "elf/object.h"
#include "lib/store_format.h"

/*
 * Begin to publish: the store is open and locked, and slots are given. False, with store.failure
 * set, if not.
 */
bool publish_start(void);

/* While a launch that publishes loads objects: give obj (headers read from *fd) its slot; returns
 * the address or 0. */
uintptr_t publish_slot(struct object *obj, int *fd);

/* Note something that a plan depends on; id NULL: nothing is there. */
void publish_input(enum plan_input_kind kind, const char *path, const struct file_id *id);

/* Note what ld.so.cache says of a name ("": nothing), and what was not found in a directory. */
void publish_lookup(const char *name, const char *path);
void publish_tried(const char *directory, const char *name);

/* All is linked: make room for what publish_finish will add to the heap. */
void publish_reserve(void);

/* The C library is about to boot: keep what goes into the store. */
void publish_begin(void);

/* The resolvers have answered: write relocated pages, index and plan. */
void publish_finish(void);

/* Publish nothing after all. */
void publish_abandon(enum publish_failure failure);

/* True between publish_start and publish_finish, as long as nothing speaks against it. */
bool publishing(void);

#endif
