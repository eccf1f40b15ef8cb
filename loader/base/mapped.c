#include "base/mapped.h"
#include "lib/map_query.h"

bool
mapped_from(int maps, uintptr_t at, size_t size, const struct file_id *file, uint64_t offset)
{
	struct map_query q = {.size = sizeof(q), .address = at};

	return sys_call(__NR_ioctl, maps, MAP_QUERY_CALL, (long)&q, 0, 0, 0) == 0 &&
	       q.vma_flags == (QUERY_READABLE | QUERY_WRITABLE) && q.inode == file->ino &&
	       size <= q.end - at && q.offset + (at - q.start) == offset;
}
