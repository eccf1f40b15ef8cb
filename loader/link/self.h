/* /proc/self/exe, where the kernel cannot be told that it names the program: libc's functions with
 * a path argument. */
#ifndef XIPLD_SELF_H
#define XIPLD_SELF_H

#include <stddef.h>

/* The program's path if `path` names this process's executable, else `path` itself. */
const char *self_path(const char *path);

long export_readlink(const char *path, char *buf, size_t size);
long export___readlink_chk(const char *path, char *buf, size_t size, size_t room);
long export_readlinkat(int dir, const char *path, char *buf, size_t size);
long export___readlinkat_chk(int dir, const char *path, char *buf, size_t size, size_t room);

#endif
