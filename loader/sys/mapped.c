#include "sys/mapped.h"

#include <linux/ioctl.h>

/* PROCMAP_QUERY of Linux 6.11 (Documentation/filesystems/proc.rst); older headers have it not. */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY_CALL _IOWR('f', 17, struct query)
/* PROCMAP_QUERY_VMA_READABLE | _WRITABLE: not executable, not shared */
#define QUERY_READ_WRITE 3

bool
mapped_from(int maps, uintptr_t at, size_t size, const struct file_id *file, uint64_t offset)
{
	struct query q = {.size = sizeof(q), .address = at};

	return sys_call(__NR_ioctl, maps, QUERY_CALL, (long)&q, 0, 0, 0) == 0 &&
	       q.vma_flags == QUERY_READ_WRITE && q.inode == file->ino && size <= q.end - at &&
	       q.offset + (at - q.start) == offset;
}
