#include "cache/warm/large_folios.h"
#include "base/file_policy.h"
#include "base/heap.h"
#include "cache/store/slot_alignment.h"

#include <linux/sysinfo.h>

#define USED_PART 8 /* of a mapping: so much must be read by a start */
#define MEMORY_PART 16 /* of the machine's memory: so much may be taken */
#define FADV_DONTNEED 4 /* POSIX_FADV_DONTNEED */

/* Bytes of [from, to) that are in the list. */
static size_t
common(const struct ranges *list, uintptr_t from, uintptr_t to)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < list->count; i++)
		sum += ranges_clip(&list->list[i], from, to).size;
	return sum;
}

static bool
is_worth_it(const struct plan_map *m, const struct ranges *read)
{
	return m->file < PLAN_SELF && !(m->prot & SYS_PROT_WRITE) &&
	       (m->address - m->offset) % pmd_size() == 0 && slot_has_piece(m->address, m->size) &&
	       common(read, m->address, m->address + m->size) >= m->size / USED_PART;
}

void
large_folios_choose(const struct plan *p, const struct ranges *read, struct ranges *huge)
{
	struct sysinfo machine = {0};
	size_t budget;

	if (file_policy_in_image || sys_call(__NR_sysinfo, (long)&machine, 0, 0, 0, 0, 0) < 0)
		return;
	budget = machine.totalram / MEMORY_PART * (machine.mem_unit ? machine.mem_unit : 1);
	for (uint64_t i = 0; i < p->header.maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (huge->count == MAX_RANGES || !is_worth_it(m, read) || m->size > budget)
			continue;
		/* each for itself, side by side or not: large_folios_form looks for its mapping */
		huge->list[huge->count++] = (struct plan_prefault){m->address, m->size};
		budget -= m->size;
	}
}

static const struct plan_map *
map_at(const struct plan *p, uintptr_t address)
{
	const struct plan_map *m = p->tables.maps;

	while (m->address != address)
		m++;
	return m;
}

static void
form(const struct plan *p, const struct plan_prefault *t, int pagemap, struct ranges *own)
{
	const struct plan_map *m = map_at(p, t->address);
	int fd;

	own->count = 0;
	pagemap_collect(pagemap, t->address, t->size, NULL, own);
	if (own->count ||
	    sys_call(__NR_madvise, (long)t->address, (long)t->size, SYS_MADV_HUGEPAGE, 0, 0, 0) < 0)
		return;
	fd = sys_open(plan_string(&p->tables, p->tables.files[m->file].path),
		      SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return;
	sys_call(__NR_madvise, (long)t->address, (long)t->size, SYS_MADV_DONTNEED, 0, 0, 0);
	sys_call(__NR_fadvise64, fd, (long)m->offset, (long)t->size, FADV_DONTNEED, 0, 0);
	sys_close(fd);
}

void
large_folios_form(const struct plan *p, const struct ranges *huge)
{
	struct ranges own = {scratch_alloc(RANGES_BYTES), 0};
	int pagemap = sys_open("/proc/self/pagemap", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	for (uint32_t i = 0; i < huge->count && own.list && pagemap >= 0; i++)
		form(p, &huge->list[i], pagemap, &own);
	if (pagemap >= 0)
		sys_close(pagemap);
	scratch_free(own.list, RANGES_BYTES);
}
