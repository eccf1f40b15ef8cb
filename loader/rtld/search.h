/* Where libraries are found: ld.so(8) and musl's ldso. */
#ifndef XIPLD_SEARCH_H
#define XIPLD_SEARCH_H

#include "rtld/rtld.h"

/*
 * Find, open and check the headers of a library.
 *
 * name: as DT_NEEDED or dlopen has it; with a slash it is a path. requester: whose DT_RPATH and
 * DT_RUNPATH count, or NULL. Fills obj (path, found_by, headers) and returns a file descriptor that
 * the caller closes; or -1 with *error.
 */
int search_open(const char *name, const struct object *requester, struct object *obj,
		struct error *error);

/* End of an operation: let go of what the search keeps open. */
void search_done(void);

/* Expand $ORIGIN, $LIB and $PLATFORM for obj. Returns a heap string, or NULL if $ORIGIN is not
 * known. */
char *search_expand(const char *text, const struct object *obj);

/* The directory of an object's file, made absolute; the heap's. */
const char *search_origin(const struct object *obj);

/* Words for the rule, for people. */
const char *search_rule_text(enum found_by rule);

/* Add every directory that requester's search of a bare name would look into, for
 * dlinfo(RTLD_DI_SERINFO). */
struct search_dir {
	const char *dir;
	enum found_by rule;
};
uint32_t search_dirs(const struct object *requester, struct search_dir *dirs, uint32_t max);

#endif
