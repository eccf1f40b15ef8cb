/* Where a program lies. */
#ifndef XIPLD_SEARCH_PATH_H
#define XIPLD_SEARCH_PATH_H

#include <stddef.h>

/* Find a program as a shell does: in PATH unless the name has a slash. Returns 0 with its path, or
 * an errno. */
int search_path(const char *name, const char *path_list, char *path, size_t size);

#endif
