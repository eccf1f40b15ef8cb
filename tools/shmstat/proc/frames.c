#include "shmstat/proc/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/proc/model.h"

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

#define LOOKS 8

/* Where the n-th look for a frame goes: neighbours stay neighbours. */
static _Atomic uint64_t *
word_at(const struct frames *f, uint64_t frame, unsigned n)
{
	return &f->seen->words[(frame + n * FRAMES_AROUND) % FRAMES_KNOWN];
}

static void
remember(struct frames *f, uint64_t frame, uint64_t low)
{
	_Atomic uint64_t *to = word_at(f, frame, 0);

	for (unsigned n = 0; n < LOOKS; n++) {
		_Atomic uint64_t *at = word_at(f, frame, n);
		uint64_t word = atomic_load_explicit(at, memory_order_relaxed);

		if (word == 0 || word >> WORD_FRAME_SHIFT == frame) {
			to = at;
			break;
		}
	}
	atomic_store_explicit(to, frame << WORD_FRAME_SHIFT | low, memory_order_relaxed);
}

/* The low part of a frame's word; 0 if it is not known. */
static uint64_t
recall(const struct frames *f, uint64_t frame)
{
	for (unsigned n = 0; n < LOOKS; n++) {
		uint64_t word = atomic_load_explicit(word_at(f, frame, n), memory_order_relaxed);

		if (word >> WORD_FRAME_SHIFT == frame)
			return word & (WORD_CHECKED | WORD_COUNT);
		if (word == 0)
			break;
	}
	return 0;
}

void
frames_open(struct frames *f)
{
	f->count_fd = f->flags_fd = -1;
	f->seen = NULL;
	f->borrowed = false;
	if (!sees_frame_numbers())
		return;
	f->count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	f->flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	f->seen = calloc(1, sizeof(*f->seen));
	if (f->count_fd < 0 || f->flags_fd < 0 || !f->seen)
		frames_close(f);
}

void
frames_borrow(struct frames *f, const struct frames *from)
{
	f->count_fd = from->count_fd;
	f->flags_fd = from->flags_fd;
	f->seen = from->seen;
	f->borrowed = true;
}

void
frames_forget(struct frames *f)
{
	if (f->seen && f->seen->used)
		memset(f->seen, 0, sizeof(*f->seen));
}

void
frames_close(struct frames *f)
{
	if (f->count_fd >= 0 && !f->borrowed)
		close(f->count_fd);
	if (f->flags_fd >= 0 && !f->borrowed)
		close(f->flags_fd);
	if (!f->borrowed)
		free(f->seen);
	f->seen = NULL;
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

/* What nobody counts as mapped is a device's, or the kernel's own (vvar, the zero page). */
static bool
is_no_memory(uint64_t flags, uint64_t count)
{
	return (flags & (FLAG_ZERO_PAGE | FLAG_NOPAGE)) || (!count && !(flags & FLAG_ANON));
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
	r.zero = is_no_memory(flags, r.mapcount);
	return r;
}

/* Asks for a frame, and on the way for those around it: files lie in neighbouring ones. */
static uint64_t
ask_count(struct frames *f, uint64_t frame)
{
	uint64_t counts[FRAMES_AROUND], first = frame - frame % FRAMES_AROUND;

	f->seen->used = true;
	read_words(f->count_fd, first, counts, FRAMES_AROUND);
	for (uint64_t i = 0; i < FRAMES_AROUND; i++) {
		if (counts[i] >= WORD_UNCOUNTED)
			counts[i] = WORD_UNCOUNTED - 1;
		if (counts[i] > 1) /* others are not asked for */
			remember(f, first + i, counts[i]);
	}
	return counts[frame - first];
}

static uint64_t
ask_flags(struct frames *f, uint64_t frame, uint64_t count)
{
	uint64_t flags;

	read_words(f->flags_fd, frame, &flags, 1);
	if (is_no_memory(flags, count))
		count = WORD_UNCOUNTED;
	else if (count == 0)
		count = 1; /* it was mapped a moment ago */
	remember(f, frame, count | WORD_CHECKED);
	return count;
}

uint32_t
frames_ask(struct frames *f, uint64_t frame, bool of_file)
{
	uint64_t low = recall(f, frame), count = low & WORD_COUNT;

	if (count == 0)
		count = ask_count(f, frame);
	if (!(low & WORD_CHECKED) && (!of_file || count == 0))
		count = ask_flags(f, frame, count);
	return count == WORD_UNCOUNTED ? 0 : (uint32_t)count;
}

size_t
frames_entries(struct frames *f, int pagemap, uint64_t address, size_t pages)
{
	size_t n = pages < FRAMES_BATCH ? pages : FRAMES_BATCH;
	ssize_t got;

	errno = 0;
	got = pread(pagemap, f->entries, n * sizeof(f->entries[0]),
		    (off_t)(address / system_page_size() * sizeof(f->entries[0])));
	return got <= 0 ? 0 : (size_t)got / sizeof(f->entries[0]);
}

uint64_t
frames_anon_shared(struct frames *f, int pagemap, uint64_t start, uint64_t end)
{
	uint64_t count = 0;
	size_t n;

	for (; start < end; start += n * system_page_size()) {
		n = frames_entries(f, pagemap, start, (size_t)((end - start) / system_page_size()));
		if (n == 0)
			break;
		for (size_t i = 0; i < n; i++)
			count += (f->entries[i] & (ENTRY_PRESENT | ENTRY_FILE | ENTRY_EXCLUSIVE)) ==
				 ENTRY_PRESENT;
	}
	return count;
}

size_t
frames_read(struct frames *f, int pagemap, uint64_t address, size_t pages)
{
	size_t n = frames_entries(f, pagemap, address, pages);

	if (frames_numbered(f))
		look_up_frames(f, n);
	for (size_t i = 0; i < n; i++)
		f->found[i] = judge(f, i);
	return n;
}
