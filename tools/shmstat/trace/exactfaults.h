/* Keeping the kernel from mapping more pages of files than are touched (follow.h). */
#ifndef SHMSTAT_TRACE_EXACTFAULTS_H
#define SHMSTAT_TRACE_EXACTFAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Take over a userfaultfd of the address space of a stopped thread, which is made to open one with
 * the system call instruction at `instruction`. Returns a descriptor of this process, -1 with
 * errno.
 */
int exactfaults_open(pid_t pid, uint64_t instruction);
/* All mappings of files that it has now; one that was made later. */
void exactfaults_all(int fd, pid_t pid);
bool exactfaults_range(int fd, uint64_t start, uint64_t end);

#endif
