/*
 * Plans: a closure, linked. The file's format is in docs/store.md; it is native-endian and holds
 * addresses, and is good only for the build of the loader, the kind of CPU and the epoch that its
 * key names.
 */
#ifndef XIPLD_PLAN_H
#define XIPLD_PLAN_H

#include "cache/store/store.h"

/* A plan's file, checked, in memory. */
struct plan {
	struct plan_header header[1];
	const char *bytes; /* where the file's byte 0 would be: all behind the header's page is
			      mapped */
	const char *strings;
	const struct plan_input *inputs;
	const struct plan_file *files;
	const struct plan_map *maps;
	const struct plan_again *again;
	const struct plan_depend *depends;
	const struct plan_asked *asked;
	const struct plan_touch *touch;
	const struct plan_note *notes; /* plan_take only: no launch wants them */
	int fd;
	struct file_id id;
	unsigned number; /* among the plans of its key */
	size_t size;
	bool own; /* this user's, who may add to it */
	uint32_t mapped; /* maps made so far */
	int program_fd;
	struct alike_file *alike; /* cache/warm/init_pages.h; NULL: none */
	struct file_id alike_id;
	int alike_fd;
	uint64_t alike_next; /* the first of its pages that is not mapped yet */
	uint32_t nfds;
	int fds[1000]; /* opened, in that order */
};

/* What a plan depends on besides files, as text; returns its length. */
size_t plan_key(const char *program, char *key, size_t size);

/*
 * Where a key's plan lies, or would. There may be several: where other files lie at the same paths
 * (another container's) another plan is good. The newest is number 0.
 */
void plan_file(const struct store *store, const char *key, size_t key_size, unsigned number,
	       char *path, size_t size);

/* Where this plan lies. */
void plan_own_path(const struct plan *plan, char *path, size_t size);

/* A plan of this key is about to be written: number 0 makes room if this launch found it stale. The
 * store is locked. */
void plan_make_room(struct store *store, const char *key, size_t key_size);

/* Where the plan lies that this launch of the program runs from, or has published. */
void plan_path(const struct store *store, const char *program, char *path, size_t size);

/* Are these two the same, unchanged file? */
bool file_unchanged(const struct file_id *now, const struct file_id *then);

/*
 * Look for a plan for this program in the store and, if its inputs are unchanged, become it: on
 * success world, heap and exports are the plan's and every page is mapped. Returns false, with
 * nothing changed, if there is none that is good. A file that was found bad is not read again.
 */
bool plan_launch(struct store *store, const char *program);

/*
 * Additions (cache/plan/dlopen_plan.h): open the one that the key names, tell whether all it maps
 * lies in these objects and its files are what they were, map it over them. One at a time;
 * plan_close_addition also after a failure.
 */
struct plan *plan_open_addition(struct store *store, const char *key, size_t key_size);
bool plan_fits(struct plan *plan, struct object **list, uint32_t count);
bool plan_map_over(struct plan *plan, struct error *error);
void plan_close_addition(void);

/* Check the file of a closure's plan in memory. */
bool plan_take(struct plan *plan, const char *bytes, size_t size);

/* Text of a plan by its offset; "" if there is none. */
const char *plan_string(const struct plan *plan, uint32_t offset);

/* The plan that this process was launched from, or NULL. */
struct plan *plan_current(void);

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

/* Note that the plan holds the name of the current directory, `path`. */
void publish_directory(const char *path);

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
