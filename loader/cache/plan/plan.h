/*
 * Plans: a closure, linked. The file's format is in docs/store.md; it is native-endian and holds
 * addresses, and is good only for the build of the loader, the kind of CPU and the epoch that its
 * key names.
 */
#ifndef XIPLD_PLAN_H
#define XIPLD_PLAN_H

#include "cache/store/store.h"
#include "cache/store/plan_path.h"
#include "cache/store/mapped_plan.h"

/* What a plan depends on besides files, as text; returns its length. */
size_t plan_key(const char *program, char *key, size_t size);

/* A plan of this key is about to be written: number 0 makes room if this launch found it stale. The
 * store is locked. */
void plan_make_room(struct store *store, const char *key, size_t key_size);

/* Where the plan lies that this launch of the program runs from, or has published. */
void plan_path(const struct store *store, const char *program, char *path, size_t size);

/* The executable was opened and nothing is mapped yet: of the linker's state that the plan has. */
typedef void plan_named_fn(const struct rtld *w, int program_fd);

/*
 * Look for a plan for this program in the store and, if its inputs are unchanged, become it: on
 * success the linker's state, heap and stubs are the plan's and every page is mapped. Returns
 * false, with nothing changed, if there is none that is good. A file that was found bad is not read
 * again.
 */
bool plan_launch(struct store *store, const char *program, plan_named_fn *named);

/* The same in each of the stores, into `store`: a launch uses one, the first that has a good plan,
 * or else the first that can be written. */
bool plan_find(const char *program, plan_named_fn *named);

/*
 * Additions (cache/plan/dlopen_plan.h): open the one that the key names, tell whether all it maps
 * lies in these objects and its files are what they were, map it over them. One at a time;
 * plan_close_dlopen also after a failure.
 */
struct plan *plan_open_dlopen(struct store *store, const char *key, size_t key_size);
bool plan_fits(struct plan *plan, struct object **list, uint32_t count);
bool plan_map_over(struct plan *plan, struct error *error);
void plan_close_dlopen(void);

/* The plan that this process was launched from, or NULL. */
struct plan *plan_current(void);

/* Close the descriptors that plan_launch left open, the program's among them. */
void plan_close_files(void);

#endif
