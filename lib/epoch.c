#include "lib/epoch.h"
#include "lib/region.h"

static uint64_t
checksum(const struct epoch_file *e)
{
	return hash_checksum(&e->version, sizeof(*e) - offsetof(struct epoch_file, version), 0);
}

void
epoch_make(struct epoch_file *e, uint64_t number, uint64_t base, uint64_t size)
{
	*e = (struct epoch_file){.version = STORE_VERSION,
				 .machine = ARCH_MACHINE,
				 .number = number,
				 .base = base,
				 .size = size,
				 .page_size = page_size};
	memcpy(e->magic, EPOCH_MAGIC, sizeof(e->magic));
	e->checksum = checksum(e);
}

const char *
epoch_check_bytes(const struct epoch_file *e, size_t size)
{
	if (size != sizeof(*e))
		return "has the wrong size";
	if (memcmp(e->magic, EPOCH_MAGIC, sizeof(e->magic)) != 0)
		return "is not an epoch file";
	return e->checksum == checksum(e) ? NULL : "has a wrong checksum";
}

const char *
epoch_check(const struct epoch_file *e, size_t size)
{
	const char *problem = epoch_check_bytes(e, size);

	if (problem)
		return problem;
	if (e->version != STORE_VERSION || e->machine != ARCH_MACHINE || e->page_size != page_size)
		return "is of another version or machine";
	if (!region_find(e->base, e->size) || (e->base & (page_size - 1)))
		return "names a region that cannot be";
	return NULL;
}
