/*
 * Plans: a closure, linked. The file's format is in docs/store.md; it is native-endian and holds
 * addresses, and is good only for the build of the loader, the kind of CPU and the epoch that its
 * key names.
 */
#ifndef XIPLD_PLAN_H
#define XIPLD_PLAN_H

#include "store/store.h"

#define PLAN_MAGIC "xipldpl1"
#define PLAN_NO_FILE UINT32_MAX /* zero-fill pages */
#define PLAN_SELF (UINT32_MAX - 1) /* the plan's own file */

struct plan_part {
	uint64_t offset, count; /* bytes from the file's start; entries (strings: bytes) */
};

/* The first page of a plan; behind it the heap's image, stubs, closure pages, tables. */
struct plan_header {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint64_t size; /* of the file */
	uint32_t version, machine;
	uint64_t page_size;
	uint64_t heap, heap_size; /* address and bytes (whole pages) of the heap's image: it begins
				     at page_size */
	uint64_t world; /* address of struct world, in the heap */
	uint64_t executable; /* the file that /proc/self/exe shall name */
	struct plan_part key, inputs, files, maps, strings;
};

/* Something that must be as it was: a file, a directory that was searched, or nothing (absent). */
struct plan_input {
	uint32_t path, absent;
	struct file_id id;
};

/* A file that pages are mapped from. */
struct plan_file {
	uint32_t path, pad;
	struct file_id id;
};

/* One mapping; those of one file stand together. */
struct plan_map {
	uint64_t address, size, offset;
	uint32_t file, prot;
};

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

/* All is linked, the C library not booted: keep what goes into the store. */
void publish_begin(void);

/* The resolvers have answered: write linked pages, index and plan. */
void publish_finish(void);

/* Publish nothing after all. */
void publish_abandon(const char *why);

/* True between publish_start and publish_finish, as long as nothing speaks against it. */
bool publishing(void);

#endif
