/* Is a file a build of this loader? It is found where a program's interpreter is wanted, if the
 * link of that name leads to it. */
#ifndef XIPLD_OWN_FILE_H
#define XIPLD_OWN_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* By the note that each build has at its beginning. */
bool own_file_is(int fd);

/*
 * Open the interpreter of this name: the file itself, or if that is the loader, the dynamic linker
 * that it stands for: the file of the same name (musl: libc.so) in one of the default directories.
 * `path` (of `size` bytes) becomes where it is. Returns a descriptor, or -errno.
 */
int own_file_open_interp(const char *name, char *path, size_t size);

#endif
