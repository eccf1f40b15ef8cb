#include "procmap.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>

/* The call's argument, as <linux/fs.h> of Linux 6.11 has it; older headers do not. */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY_CALL _IOWR('f', 17, struct query)

enum {
	VMA_READABLE = 1, /* in vma_flags, and so on */
	VMA_WRITABLE = 2,
	VMA_EXECUTABLE = 4,
	VMA_SHARED = 8,
	COVERING_OR_NEXT = 16, /* in flags */
};

int
procmap_query(int maps, uint64_t address, char *name, struct mapping *m)
{
	struct query q = {
		.size = sizeof(q),
		.flags = COVERING_OR_NEXT,
		.address = address,
		.name_size = name ? PROCMAP_NAME : 0,
		.name = (uintptr_t)name,
	};

	if (ioctl(maps, QUERY_CALL, &q) < 0)
		return errno;
	*m = (struct mapping){
		.start = q.start,
		.end = q.end,
		.offset = q.offset,
		.inode = q.inode,
		.dev_major = q.dev_major,
		.dev_minor = q.dev_minor,
		.perms = {q.vma_flags & VMA_READABLE ? 'r' : '-',
			  q.vma_flags & VMA_WRITABLE ? 'w' : '-',
			  q.vma_flags & VMA_EXECUTABLE ? 'x' : '-',
			  q.vma_flags & VMA_SHARED ? 's' : 'p'},
		.path = name && q.name_size ? name : "",
		.object = -1,
	};
	return 0;
}
