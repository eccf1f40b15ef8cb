/* What is not hosted is run by the kernel, as it would have been without xipld. */
#ifndef XIPLD_HANDOVER_H
#define XIPLD_HANDOVER_H

#include <stdint.h>

/*
 * The script that this launch is about, NULL if none, and how many words its interpreters have put
 * before it in argv. Set by who takes its first line apart.
 */
extern struct handover {
	const char *script;
	int inserted;
} handover;

/*
 * Give the program to the kernel, or with --strict refuse it. Does not come back. --library-path
 * and --preload are in the environment then, as ld.so knows them. What has no format that the
 * kernel knows is given to /bin/sh, as execvp(3) does.
 */
_Noreturn void leave_to_kernel(const char *path, const char *why);

/*
 * The same of argv[0], which `name` is or stands for, before anything is known of it: found in PATH
 * as execvp(3) does, with no system call but execve and those that ld.so makes itself.
 */
_Noreturn void leave_unseen(const char *name, const char *why);

#endif
