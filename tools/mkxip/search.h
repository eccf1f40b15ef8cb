/* Where ld.so looks for libraries inside a root directory that may be of another machine. */
#ifndef MKXIP_SEARCH_H
#define MKXIP_SEARCH_H

#include "mkxip/facts.h"
#include "mkxip/tree.h"

/* One entry of /etc/ld.so.cache. */
struct cached {
	char *name, *path;
};

/* The system's part of the search. Owns its lists. */
struct search {
	const struct tree *tree;
	struct cached *cached;
	size_t ncached, cached_capacity;
	char **conf_dirs; /* of ld.so.conf, if there is no cache */
	size_t nconf_dirs, conf_capacity;
	bool opened;
};

void search_close(struct search *s);

/* /etc/ld.so.cache, or the directories of /etc/ld.so.conf if there is no usable cache. */
void search_open(struct search *s, const struct tree *t);

/*
 * The default directories of a machine's C library, separated by colons: those of Debian and of the
 * FHS for its class. Each ends up being tried; that one is not there does no harm.
 */
void search_default_dirs(const struct facts *program, char *list, size_t size);

/* Is `path` directly in one of the colon-separated directories? Symbolic links are resolved. */
bool search_is_in(const struct tree *t, const char *path, const char *list);

#endif
