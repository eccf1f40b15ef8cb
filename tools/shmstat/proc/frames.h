/*
 * Page by page: /proc/PID/pagemap, and as root what it names, /proc/kpagecount and
 * /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst).
 */
#ifndef SHMSTAT_PROC_FRAMES_H
#define SHMSTAT_PROC_FRAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_BATCH 4096
#define FRAMES_KNOWN (1u << 15) /* places for counts that were asked for already */
#define FRAMES_AROUND 16 /* frames asked about at once; divides FRAMES_KNOWN */

/* A page's word in pagemap. */
#define ENTRY_PRESENT (1ULL << 63)
#define ENTRY_SWAPPED (1ULL << 62)
#define ENTRY_FILE (1ULL << 61) /* or shared memory */
#define ENTRY_GUARD (1ULL << 58) /* MADV_GUARD_INSTALL: looks swapped, but holds nothing */
#define ENTRY_EXCLUSIVE (1ULL << 56) /* mapped once */
#define ENTRY_FRAME ((1ULL << 55) - 1)

/* What is known of one page. */
struct frame {
	bool present, swapped, file; /* file: a file's page or shared memory, not anonymous */
	bool zero; /* the zero page, or a device's: takes no memory that the kernel counts */
	bool thp, ksm, hugetlb; /* only with frame numbers */
	uint32_t mapcount; /* 0: more than 1, how many is not known */
};

/*
 * How often frames are mapped, as far as it is known, for all threads: a word has a frame's number,
 * whether its flags were looked at, and the count (0: not known). If all places for a frame are
 * taken, it drives out another, which will be asked for again.
 */
struct frame_counts {
	atomic_bool used;
	_Atomic uint64_t words[FRAMES_KNOWN];
};
#define WORD_FRAME_SHIFT 24
#define WORD_CHECKED (1u << 23)
#define WORD_COUNT (WORD_CHECKED - 1)
#define WORD_UNCOUNTED WORD_COUNT /* no memory that the kernel counts */

struct frames {
	int count_fd, flags_fd; /* -1: frames may not be asked about */
	struct frame_counts *seen; /* what is known already */
	bool borrowed; /* these three are another's */
	uint64_t entries[FRAMES_BATCH], counts[FRAMES_BATCH], flags[FRAMES_BATCH];
	struct frame found[FRAMES_BATCH];
};

/* Opens what this process may open. Asks whether frame numbers are shown to it (CAP_SYS_ADMIN). */
void frames_open(struct frames *f);
void frames_close(struct frames *f);
/* For another thread: the same open files, the same knowledge. `from` is closed last. */
void frames_borrow(struct frames *f, const struct frames *from);
/* Counts will be asked for again. No other thread is at work. */
void frames_forget(struct frames *f);
bool frames_numbered(const struct frames *f);

/*
 * Read up to FRAMES_BATCH pages from an address into f->found. Returns how many; 0 with errno (0:
 * the process is gone) if none could be read.
 */
size_t frames_read(struct frames *f, int pagemap, uint64_t address, size_t pages);

/* The same without looking at frames: words of pagemap in f->entries. */
size_t frames_entries(struct frames *f, int pagemap, uint64_t address, size_t pages);

/* Of the pages in [start, end), how many anonymous ones are mapped elsewhere too. */
uint64_t frames_anon_shared(struct frames *f, int pagemap, uint64_t start, uint64_t end);

uint32_t frames_ask(struct frames *f, uint64_t frame, bool of_file);

/*
 * How often a frame is mapped; 0: not counted as memory (the zero page, a device's). `of_file`: it
 * is surely a file's page, which is counted. Asked of the kernel once, until frames_forget.
 */
static inline uint32_t
frames_mapcount(struct frames *f, uint64_t frame, bool of_file)
{
	uint64_t word =
		atomic_load_explicit(&f->seen->words[frame % FRAMES_KNOWN], memory_order_relaxed);

	uint32_t count = word & WORD_COUNT;

	/* nearly always it is known, and where it is looked for first */
	if (word >> WORD_FRAME_SHIFT == frame && count && (of_file || (word & WORD_CHECKED)))
		return count == WORD_UNCOUNTED ? 0 : count;
	return frames_ask(f, frame, of_file);
}

#endif
