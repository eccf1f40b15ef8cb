/* What is mapped where in this process, asked of the kernel. */
#ifndef XIPLD_MAPPED_H
#define XIPLD_MAPPED_H

#include "lib/sys.h"

/*
 * Is [at, at + size) one mapping of that file from `offset` on, private, to be read and written?
 * `maps`: /proc/self/maps, open. False also if the kernel does not tell (before Linux 6.11).
 */
bool mapped_from(int maps, uintptr_t at, size_t size, const struct file_id *file, uint64_t offset);

#endif
