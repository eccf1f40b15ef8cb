/* The mappings of a process as its sums need them: VMAs, in the kernel's word. */
#ifndef SHMSTAT_READ_VMAS_H
#define SHMSTAT_READ_VMAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shmstat/proc/model.h"

/* A mapping as the sums need it. */
struct vma {
	uint64_t start, end, inode;
	uint8_t file_class, anonymous_class;
	bool uncounted;
	bool scan; /* its pages have to be looked at */
	bool own; /* may have pages of the process's own */
	bool may_be_shm; /* of a file system without a device, tmpfs perhaps */
	uint64_t offset, device; /* of its file; device 0: none that would name it */
};

struct reader;

/* Those of a process, to r->vmas. Returns 0 or an errno. *found as in read_sum; if it is not, they
 * are not complete. */
int read_vmas(struct reader *r, int directory, const char *object, bool *found, struct process *p);

#endif
