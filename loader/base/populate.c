#include "base/populate.h"

#define PIDFD_SELF_THREAD (-10000) /* Linux 6.14 */
#define MAX_VECTORS 1024 /* UIO_MAXIOV */
#define FILE_WINDOWS 64

struct range {
	uint64_t address, size; /* as struct iovec has it */
};

static bool
advise_at_once(const struct range *r, uint64_t count, int advice)
{
	long want = 0;

	for (uint64_t i = 0; i < count; i++)
		want += (long)r[i].size;
	return sys_call(__NR_process_madvise, PIDFD_SELF_THREAD, (long)r, (long)count, advice, 0,
			0) == want;
}

bool
populate_advise(const void *ranges, uint64_t count, int advice)
{
	const struct range *r = ranges;
	bool ok = true;

	while (count) {
		uint64_t n = count < MAX_VECTORS ? count : MAX_VECTORS;

		if (!advise_at_once(r, n, advice))
			for (uint64_t i = 0; i < n; i++)
				ok &= sys_call(__NR_madvise, (long)r[i].address, (long)r[i].size,
					       advice, 0, 0, 0) == 0;
		r += n;
		count -= n;
	}
	return ok;
}

void
populate_file(uintptr_t at, size_t size)
{
	struct range windows[FILE_WINDOWS];
	const uintptr_t end = PAGE_ALIGN_UP(at + size);
	uint64_t n = 0;

	for (uintptr_t from = at, next; from < end && n < FILE_WINDOWS; from = next) {
		uintptr_t last;

		next = populate_next(at, from);
		last = (next < end ? next : end) - page_size;
		windows[n++] = (struct range){populate_page(at, from, last), page_size};
	}
	populate_advise(windows, n, SYS_MADV_POPULATE_READ);
}
