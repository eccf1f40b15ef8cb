/* Paths inside a directory, as if it were the root. */
#ifndef XIPLD_INSIDE_H
#define XIPLD_INSIDE_H

/*
 * Open for reading what `path` names for a process whose root directory is `root`: symbolic links
 * are followed, and neither they nor ".." lead out of it. As openat2(2) with RESOLVE_IN_ROOT, which
 * Linux has since 5.6 and emulators later; nobody else may change the directory meanwhile. Returns
 * a descriptor, or -errno.
 */
int inside_open(int root, const char *path);

#endif
