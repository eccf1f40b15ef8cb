/* /proc/self/exe, where the kernel cannot be told that it names the program: libc's functions with
 * a path argument. */
#ifndef XIPLD_PROC_EXE_H
#define XIPLD_PROC_EXE_H

#include <stddef.h>

/* The program's file, absolute and without symbolic links: what its /proc/self/exe should say. */
const char *proc_exe_path(void);

/* The program's path if `path` names this process's executable, else `path` itself. */
const char *proc_exe_own_path(const char *path);

long stub_readlink(const char *path, char *buf, size_t size);
long stub___readlink_chk(const char *path, char *buf, size_t size, size_t capacity);
long stub_readlinkat(int dir, const char *path, char *buf, size_t size);
long stub___readlinkat_chk(int dir, const char *path, char *buf, size_t size, size_t capacity);
int stub_fstatat(int dir, const char *path, void *stat, int flags);
int stub_fstatat64(int dir, const char *path, void *stat, int flags);
int stub___fxstatat(int version, int dir, const char *path, void *stat, int flags);
int stub___fxstatat64(int version, int dir, const char *path, void *stat, int flags);
int stub_statx(int dir, const char *path, int flags, unsigned mask, void *stat);
int stub_faccessat(int dir, const char *path, int mode, int flags);
int stub_execveat(int dir, const char *path, char **argv, char **envp, int flags);
int stub_posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags,
					  unsigned mode);

#endif
