#include "shmstat/proc/procmap.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "lib/map_query.h"

int
procmap_query(int maps, uint64_t address, char *name, struct mapping *m)
{
	struct map_query q = {
		.size = sizeof(q),
		.flags = QUERY_COVERING_OR_NEXT,
		.address = address,
		.name_size = name ? PROCMAP_NAME : 0,
		.name = (uintptr_t)name,
	};

	if (ioctl(maps, MAP_QUERY_CALL, &q) < 0)
		return errno;
	*m = (struct mapping){
		.start = q.start,
		.end = q.end,
		.offset = q.offset,
		.inode = q.inode,
		.dev_major = q.dev_major,
		.dev_minor = q.dev_minor,
		.perms = {q.vma_flags & QUERY_READABLE ? 'r' : '-',
			  q.vma_flags & QUERY_WRITABLE ? 'w' : '-',
			  q.vma_flags & QUERY_EXECUTABLE ? 'x' : '-',
			  q.vma_flags & QUERY_SHARED ? 's' : 'p'},
		.path = name && q.name_size ? name : "",
		.object = -1,
	};
	return 0;
}
