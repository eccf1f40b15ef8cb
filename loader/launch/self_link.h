/* The part of the loader that stays in the process, and which file it is mapped from. */
#ifndef XIPLD_SELF_LINK_H
#define XIPLD_SELF_LINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel lets a process name another executable only if nothing of the present one is mapped.
 * Map the loader's own pages from its link instead, a hard link beside it or in ../libexec/xipld
 * (so the page cache holds them once), and its data from no file. Returns false, with nothing
 * changed, if there is no link or it is not the same build.
 */
bool self_link_leave_executable(void);

/* Open the link now, to be used later: the launch is about to leave the file system that it is in.
 */
void self_link_keep(void);

#endif
