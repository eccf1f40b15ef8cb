#ifndef XIPLD_FILTERED_H
#define XIPLD_FILTERED_H

#include <stdbool.h>

/*
 * Must this launch leave the program to the kernel because its system calls are filtered (seccomp)?
 * To ask costs more than all else that a launch without a plan does (docs/hosting.md), so it is
 * asked once, and before the first system call that ld.so does not make.
 */
bool launch_is_filtered(void);

#endif
