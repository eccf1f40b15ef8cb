#include "shmstat/proc/scan.h"

#include <fcntl.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The call's argument, as <linux/fs.h> of Linux 6.7 has it; older headers do not. */
struct scan_argument {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_CALL _IOWR('f', 16, struct scan_argument)

void
scan_start(struct scan *s, int fd, uint64_t start, uint64_t end)
{
	s->fd = fd;
	s->failed = false;
	s->at = start;
	s->end = end;
	s->next = s->count = 0;
	s->wanted = SCAN_FILE | SCAN_PRESENT | SCAN_SWAPPED | SCAN_ZERO;
}

void
scan_start_bare(struct scan *s, int fd, uint64_t start, uint64_t end)
{
	scan_start(s, fd, start, end);
	s->wanted = SCAN_PRESENT | SCAN_SWAPPED;
}

static bool
read_ahead(struct scan *s)
{
	while (s->at < s->end) {
		struct scan_argument arg = {
			.size = sizeof(arg),
			.start = s->at,
			.end = s->end,
			.vec = (uint64_t)(uintptr_t)s->runs,
			.vec_len = SCAN_BATCH,
			.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
			.return_mask = s->wanted,
		};
		int count = ioctl(s->fd, SCAN_CALL, &arg);

		if (count < 0 || (arg.walk_end <= s->at && count == 0)) {
			s->failed = true;
			return false;
		}
		s->at = arg.walk_end;
		s->next = 0;
		s->count = (size_t)count;
		if (count)
			return true;
	}
	return false;
}

bool
scan_next(struct scan *s, struct scan_run *run)
{
	if (s->next == s->count && (s->failed || !read_ahead(s)))
		return false;
	*run = s->runs[s->next++];
	return true;
}

bool
scan_available(void)
{
	static int known = -1;

	if (known < 0) {
		static struct scan s;
		struct scan_run run;
		uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
		int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

		scan_start(&s, fd, (uint64_t)(uintptr_t)&known & ~(page - 1),
			   ((uint64_t)(uintptr_t)&known & ~(page - 1)) + page);
		known = fd >= 0 && scan_next(&s, &run);
		if (fd >= 0)
			close(fd);
	}
	return known;
}
