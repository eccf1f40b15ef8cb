#include "shmstat/proc/model.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
process_free(struct process *p)
{
	free(p->command);
	free(p->mappings);
	free(p->objects);
	free(p->pages);
	free(p->strings);
	memset(p, 0, sizeof(*p));
}

/* Every member of struct counts is a uint64_t that adds up. */
void
counts_add(struct counts *sum, const struct counts *more)
{
	uint64_t *to = (uint64_t *)(void *)sum;
	const uint64_t *from = (const uint64_t *)(const void *)more;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

uint64_t
system_page_size(void)
{
	static uint64_t size;

	if (size == 0)
		size = (uint64_t)sysconf(_SC_PAGESIZE);
	return size;
}

uint64_t
pss_kb(const struct counts *c)
{
	return c->pss >> PSS_KB_SHIFT;
}

uint64_t
xip_pss_kb(const struct counts *c)
{
	return c->xip_pss >> PSS_KB_SHIFT;
}

uint64_t
pages_kb(uint64_t pages)
{
	return pages * (system_page_size() / 1024);
}

uint64_t
counts_private(const struct counts *c)
{
	return c->private_clean + c->private_dirty;
}

uint64_t
counts_shared(const struct counts *c)
{
	return c->shared_clean + c->shared_dirty;
}

uint64_t
counts_own(const struct counts *c)
{
	return c->anonymous - (c->anon_shared < c->anonymous ? c->anon_shared : c->anonymous);
}

const char *page_class_name(enum page_class class)
{
	static const char *const names[CLASS_COUNT] = {"text", "relocated", "program", "cow",
						       "anon", "xip",	    "shmem"};

	return names[class];
}

const char *
source_name(enum source source)
{
	static const char *const names[] = {
		[SOURCE_NONE] = "nothing",
		[SOURCE_VMA_SUMMARY] = "pagemap, page frames",
		[SOURCE_ROLLUP] = "smaps_rollup, PAGEMAP_SCAN",
		[SOURCE_SMAPS] = "smaps",
		[SOURCE_PAGEMAP] = "smaps, pagemap",
		[SOURCE_FRAMES] = "smaps, page frames",
	};

	return names[source];
}
