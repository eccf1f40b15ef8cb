/* PROCMAP_QUERY, the ioctl on /proc/PID/maps, as <linux/fs.h> of Linux 6.11 has it; older headers
 * do not. For the loader and for the tools. */
#ifndef XIPLD_MAP_QUERY_H
#define XIPLD_MAP_QUERY_H

#include <linux/ioctl.h>
#include <stdint.h>

struct map_query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define MAP_QUERY_CALL _IOWR('f', 17, struct map_query)

enum {
	QUERY_READABLE = 1, /* in vma_flags, and so on */
	QUERY_WRITABLE = 2,
	QUERY_EXECUTABLE = 4,
	QUERY_SHARED = 8,
	QUERY_COVERING_OR_NEXT = 16, /* in flags */
};

#endif
