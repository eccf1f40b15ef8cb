/* Objects into memory, with all that they need. */
#ifndef XIPLD_LOAD_H
#define XIPLD_LOAD_H

#include "rtld/rtld.h"

/* The loaded object known under this name (path, soname or name asked for), or NULL. */
struct object *load_find(const char *name);

/* The loaded object of this file, or NULL; the program is none, as for ld.so. */
struct object *load_find_file(const struct file_id *id);

/*
 * The object for a name: one that is loaded already (by name, soname or inode), or a fresh one,
 * mapped and read. `kind` is for a fresh one. NULL with *error on failure. *fresh (may be NULL)
 * tells which it was.
 */
struct object *load_library(const char *name, struct object *requester, enum object_kind kind,
			    bool *fresh, struct error *error);

/*
 * Map and read an object whose headers were read from fd, which stays the caller's; adds it to the
 * list of all.
 */
bool load_finish(struct object *obj, int fd, struct error *error);

/*
 * Fill `closure` with the objects already in it and, breadth first, all that they need, loading
 * what is missing. On failure what was loaded stays in the linker's state (dlopen takes it out
 * again).
 */
bool load_needed(struct scope *closure, enum object_kind kind, struct error *error);

/*
 * Check that every needed version is defined (glibc: _dl_check_map_versions). `complain` is told of
 * all that is missing, and where it does not matter too; NULL: stop at the first that does.
 */
typedef void load_complain_fn(const struct error *error);
bool load_check_versions(const struct object *obj, load_complain_fn *complain, struct error *error);

/* A C library that knows DT_RELR wants its use announced by a version, as an older one would go on
 * without: is that so? */
bool load_check_relr(const struct object *obj, struct error *error);

/* Remember that obj was asked for as `name`. */
void load_add_name(struct object *obj, const char *name);

/* Take an object out of the linker's state and its memory away. */
void load_remove(struct object *obj);

/*
 * Sort objects as ld.so does (glibc's _dl_sort_maps_dfs): dependents before what they need.
 * Constructors run from the last to the first, destructors (SORT_FINI, SORT_EXIT) from the first to
 * the last. All but SORT_FINI leave the first where it is; SORT_NEW_ROOT goes no further from it.
 * scratch: room for as many.
 */
enum load_sort { SORT_ROOT, SORT_NEW_ROOT, SORT_FINI, SORT_EXIT };
void load_sort(struct object **list, struct object **scratch, uint32_t count, enum load_sort how);

#endif
