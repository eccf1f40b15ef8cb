/*
 * Plans: a closure, linked. The file's format is in docs/store.md; it is native-endian and holds
 * addresses, and is good only for the build of the loader, the kind of CPU and the epoch that its
 * key names.
 */
#ifndef XIPLD_PLAN_H
#define XIPLD_PLAN_H

#include "store/store.h"

/* What a plan depends on besides files, as text; returns its length. */
size_t plan_key(const char *program, char *key, size_t size);

/* The name of a key's plan. */
void plan_name(const char *key, size_t size, char name[17]);

/* Are these two the same, unchanged file? */
bool file_unchanged(const struct file_id *now, const struct file_id *then);

/*
 * Look for a plan for this program in the store and, if its inputs are unchanged, become it: on
 * success world, heap and exports are the plan's and every page is mapped. Returns false, with
 * nothing changed, if there is none that is good.
 */
bool plan_launch(const struct store *store, const char *program);

/*
 * Begin to publish: the store is open and locked, and slots are given. False, with store.why_not
 * set, if not.
 */
bool publish_start(void);

/* While a launch that publishes loads objects: give obj (headers read from *fd) its slot; returns
 * the address or 0. */
uintptr_t publish_slot(struct object *obj, int *fd);

/* Close the descriptors that plan_launch left open, the program's among them. */
void plan_close_files(void);

/* The checksum of a plan: header from `size` on, and all behind the header's page. */
uint64_t plan_checksum(const struct plan_header *h, const void *rest, size_t size);

/* Note something that a plan depends on. */
void publish_input(const char *path, const struct file_id *id);

/* All is linked: make room for what publish_finish will add to the heap. */
void publish_reserve(void);

/* The C library is about to boot: keep what goes into the store. */
void publish_begin(void);

/* The resolvers have answered: write linked pages, index and plan. */
void publish_finish(void);

/* Publish nothing after all. */
void publish_abandon(const char *why);

/* True between publish_start and publish_finish, as long as nothing speaks against it. */
bool publishing(void);

#endif
