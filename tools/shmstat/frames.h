/*
 * Page by page: /proc/PID/pagemap, and as root what it names, /proc/kpagecount and
 * /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst).
 */
#ifndef SHMSTAT_FRAMES_H
#define SHMSTAT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_BATCH 4096

/* What is known of one page. */
struct frame {
	bool present, swapped, file; /* file: a file's page or shared memory, not anonymous */
	bool zero; /* the zero page, or a device's: takes no memory that the kernel counts */
	bool thp, ksm, hugetlb; /* only with frame numbers */
	uint32_t mapcount; /* 0: more than 1, how many is not known */
};

struct frames {
	int count_fd, flags_fd; /* -1: frames may not be asked about */
	uint64_t entries[FRAMES_BATCH], counts[FRAMES_BATCH], flags[FRAMES_BATCH];
	struct frame found[FRAMES_BATCH];
};

/* Opens what this process may open. Asks whether frame numbers are shown to it (CAP_SYS_ADMIN). */
void frames_open(struct frames *f);
void frames_close(struct frames *f);
bool frames_numbered(const struct frames *f);

/*
 * Read up to FRAMES_BATCH pages from an address into f->found. Returns how many; 0 with errno (0:
 * the process is gone) if none could be read.
 */
size_t frames_read(struct frames *f, int pagemap, uint64_t address, size_t pages);

#endif
