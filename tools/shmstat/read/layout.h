/* How an ELF file lies in memory: its PT_LOADs, kept small for many files at once. */
#ifndef SHMSTAT_READ_LAYOUT_H
#define SHMSTAT_READ_LAYOUT_H

#include "shmstat/proc/model.h"
#include "shmstat/sym/elffile.h"

struct layout; /* owned by known_files */

struct layout *layout_new(const struct elf_segment *segments, size_t count);

/*
 * The bias at which a mapping of the file fits one of its segments; of several that fit, the one
 * with the bias `expected` (UINT64_MAX: none), else the first that may be written like the mapping.
 * False if none fits.
 */
bool layout_bias(const struct layout *layout, const struct mapping *m, uint64_t expected,
		 uint64_t *bias);

/* First segment's first page, and end of the last segment's last one, without bias. */
uint64_t layout_start(const struct layout *layout);
uint64_t layout_end(const struct layout *layout);

#endif
