#include "lib/region.h"
#include "lib/sys.h"

static const struct arch_region regions[] = ARCH_REGIONS;
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

const struct arch_region *
region_find(uintptr_t base, uint64_t size)
{
	for (const struct arch_region *r = regions; r < regions + REGIONS; r++)
		if (size == r->size && base >= r->low && base <= r->high - size)
			return r;
	return NULL;
}

SYS_HOT bool
region_holds(uintptr_t at)
{
	for (const struct arch_region *r = regions; r < regions + REGIONS; r++)
		if (at >= r->low && at < r->high)
			return true;
	return false;
}

static bool
has_addresses(const struct arch_region *r)
{
	uintptr_t top = r->high - page_size;
	long at = sys_mmap(top, page_size, SYS_PROT_NONE,
			   SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED_NOREPLACE, -1, 0);

	if (sys_failed(at))
		return at == -EEXIST; /* there is something */
	sys_munmap((uintptr_t)at, page_size);
	return (uintptr_t)at == top;
}

const struct arch_region *
region_choose(void)
{
	const struct arch_region *r = regions;

	while (r < regions + REGIONS - 1 && !has_addresses(r))
		r++;
	return r;
}

/* One of `n` numbers from 0 on, of equal probability as long as random bits are left. */
static uint64_t
pick(uint64_t *random, uint64_t n)
{
	uint64_t r = *random % n;

	*random /= n;
	return r;
}

uintptr_t
region_base(const struct arch_region *region, uint64_t random)
{
	const uint64_t table = pmd_size(), upper = page_size / sizeof(uint64_t) * table;
	const uint64_t span = region->high - region->low - region->size;

	if (span < upper)
		return PAGE_ALIGN_DOWN(region->low + random % span);
	return region->low + pick(&random, span / upper) * upper +
	       pick(&random, upper / table / 2) * table + table / 8 * 3 +
	       pick(&random, table / page_size / 2) * page_size;
}
