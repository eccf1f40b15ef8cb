/* Page frames, as root: /proc/PID/pagemap says which, /proc/kpagecount how often each is mapped,
 * kpageflags what it is.
 */
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAPPED (1ULL << 62)
#define PAGEMAP_FILE (1ULL << 61)
#define PAGEMAP_FRAME ((1ULL << 55) - 1)
#define KPF_ANON 12
#define KPF_ZERO_PAGE 24
#define BATCH 1024

static int count_fd = -2, flags_fd = -2;

static uint64_t
frame_word(int fd, uint64_t frame)
{
	uint64_t word = 0;

	return pread(fd, &word, sizeof(word), (off_t)(frame * sizeof(word))) ==
			       (ssize_t)sizeof(word)
		       ? word
		       : 0;
}

static void
count_page(struct pages *pages, uint64_t entry)
{
	uint64_t frame = entry & PAGEMAP_FRAME;

	if (!(entry & PAGEMAP_PRESENT)) {
		pages->swapped += (entry & PAGEMAP_SWAPPED) != 0;
		return;
	}
	if (frame_word(flags_fd, frame) >> KPF_ZERO_PAGE & 1)
		return; /* a page that was only read: no memory, and not in the kernel's sums */
	pages->resident++;
	if (!(entry & PAGEMAP_FILE) || (frame_word(flags_fd, frame) >> KPF_ANON & 1)) {
		/* a copy that a forked child shares is still shared */
		if (frame && frame_word(count_fd, frame) > 1)
			pages->shared++;
		else
			pages->private_copy++;
	} else if (frame_word(count_fd, frame) > 1) {
		pages->shared++;
	} else {
		pages->private_file++;
	}
}

static bool
count_mapping(int fd, struct mapping *m, uint64_t page)
{
	uint64_t entries[BATCH], at = m->start / page, left = (m->end - m->start) / page;
	struct pages pages = {.mapped = left};

	while (left) {
		size_t want = left < BATCH ? left : BATCH;
		ssize_t got = pread(fd, entries, want * sizeof(entries[0]),
				    (off_t)(at * sizeof(entries[0])));

		if (got <= 0)
			return false;
		want = (size_t)got / sizeof(entries[0]);
		for (size_t i = 0; i < want; i++)
			if (entries[i])
				count_page(&pages, entries[i]);
		at += want;
		left -= want;
	}
	m->pages = pages;
	return true;
}

/* The vsyscall page has no entry in pagemap; smaps' numbers stand for it. */
static bool
is_countable(const struct mapping *m)
{
	return m->start < (1ULL << 63);
}

void
frames_count(struct process *p)
{
	char name[64];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd;

	if (count_fd == -2) {
		count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
		flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	}
	if (count_fd < 0 || flags_fd < 0 || p->count == 0)
		return;
	snprintf(name, sizeof(name), "/proc/%d/pagemap", (int)p->pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* without CAP_SYS_ADMIN the file opens, but frame numbers read as zero */
	p->exact = geteuid() == 0;
	for (size_t i = 0; i < p->count && p->exact; i++)
		if (is_countable(&p->maps[i]))
			p->exact = count_mapping(fd, &p->maps[i], page);
	close(fd);
}
