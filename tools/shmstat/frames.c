#include "frames.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_PRESENT (1ULL << 63)
#define ENTRY_SWAPPED (1ULL << 62)
#define ENTRY_FILE (1ULL << 61)
#define ENTRY_GUARD (1ULL << 58) /* MADV_GUARD_INSTALL: looks swapped, but holds nothing */
#define ENTRY_EXCLUSIVE (1ULL << 56)
#define ENTRY_FRAME ((1ULL << 55) - 1)
#define FLAG_ANON (1ULL << 12)
#define FLAG_HUGE (1ULL << 17)
#define FLAG_NOPAGE (1ULL << 20)
#define FLAG_KSM (1ULL << 21)
#define FLAG_THP (1ULL << 22)
#define FLAG_ZERO_PAGE (1ULL << 24)

/* A page of our own must have a frame number; without the privilege it reads as zero. */
static bool
sees_frame_numbers(void)
{
	volatile char own = 1;
	uint64_t entry = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (pread(fd, &entry, sizeof(entry),
		  (off_t)((uint64_t)(uintptr_t)&own / page * sizeof(entry))) != sizeof(entry))
		entry = 0;
	close(fd);
	return (entry & ENTRY_PRESENT) && (entry & ENTRY_FRAME);
}

void
frames_open(struct frames *f)
{
	f->count_fd = f->flags_fd = -1;
	if (!sees_frame_numbers())
		return;
	f->count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	f->flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (f->count_fd < 0 || f->flags_fd < 0)
		frames_close(f);
}

void
frames_close(struct frames *f)
{
	if (f->count_fd >= 0)
		close(f->count_fd);
	if (f->flags_fd >= 0)
		close(f->flags_fd);
	f->count_fd = f->flags_fd = -1;
}

bool
frames_numbered(const struct frames *f)
{
	return f->count_fd >= 0;
}

/* Words of kpagecount or kpageflags for `n` frames from `frame` on; zeros where there are none. */
static void
read_words(int fd, uint64_t frame, uint64_t *to, size_t n)
{
	ssize_t got = pread(fd, to, n * sizeof(*to), (off_t)(frame * sizeof(*to)));
	size_t have = got > 0 ? (size_t)got / sizeof(*to) : 0;

	memset(to + have, 0, (n - have) * sizeof(*to));
}

static bool
has_frame(uint64_t entry)
{
	return (entry & ENTRY_PRESENT) && (entry & ENTRY_FRAME);
}

/* Files' pages often lie side by side: one read for a run of frames. */
static void
look_up_frames(struct frames *f, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t first = f->entries[i] & ENTRY_FRAME;
		size_t run = 1;

		if (!has_frame(f->entries[i])) {
			f->counts[i] = f->flags[i] = 0;
			i++;
			continue;
		}
		while (i + run < n && has_frame(f->entries[i + run]) &&
		       (f->entries[i + run] & ENTRY_FRAME) == first + run)
			run++;
		read_words(f->count_fd, first, f->counts + i, run);
		read_words(f->flags_fd, first, f->flags + i, run);
		i += run;
	}
}

static struct frame
judge(const struct frames *f, size_t i)
{
	uint64_t entry = f->entries[i], flags = f->flags[i];
	struct frame r = {
		.present = (entry & ENTRY_PRESENT) != 0,
		.swapped = (entry & (ENTRY_PRESENT | ENTRY_SWAPPED | ENTRY_GUARD)) == ENTRY_SWAPPED,
		.file = (entry & ENTRY_FILE) != 0,
		.mapcount = entry & ENTRY_EXCLUSIVE ? 1 : 0,
	};

	if (!r.present || !frames_numbered(f))
		return r;
	r.thp = (flags & FLAG_THP) != 0;
	r.ksm = (flags & FLAG_KSM) != 0;
	r.hugetlb = (flags & FLAG_HUGE) != 0;
	r.mapcount = f->counts[i] < UINT32_MAX ? (uint32_t)f->counts[i] : UINT32_MAX;
	/* what nobody counts as mapped is a device's, or the kernel's own (vvar, the zero page) */
	r.zero = (flags & (FLAG_ZERO_PAGE | FLAG_NOPAGE)) || (!r.mapcount && !(flags & FLAG_ANON));
	return r;
}

size_t
frames_read(struct frames *f, int pagemap, uint64_t address, size_t pages)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	size_t n = pages < FRAMES_BATCH ? pages : FRAMES_BATCH;
	ssize_t got;

	errno = 0;
	got = pread(pagemap, f->entries, n * sizeof(f->entries[0]),
		    (off_t)(address / page * sizeof(f->entries[0])));
	if (got <= 0)
		return 0;
	n = (size_t)got / sizeof(f->entries[0]);
	if (frames_numbered(f))
		look_up_frames(f, n);
	for (size_t i = 0; i < n; i++)
		f->found[i] = judge(f, i);
	return n;
}
