/* Plans as bytes: whether they are what they should be. No system calls. */
#include "lib/plan.h"
#include "lib/region.h"

const char plan_other_version[] = "is of another version";

uint64_t
plan_checksum(const struct plan_header *h, const void *rest, size_t size)
{
	const size_t skip = offsetof(struct plan_header, size);

	return hash_checksum(rest, size,
			     hash_checksum((const char *)h + skip, sizeof(*h) - skip, 0));
}

const char *
plan_check_header(const struct plan_header *h, uint64_t size)
{
	if (memcmp(h->magic, PLAN_MAGIC, sizeof(h->magic)) != 0)
		return "is not a plan";
	if (h->version != STORE_VERSION)
		return plan_other_version;
	if (h->machine != ARCH_MACHINE || h->page_size != page_size)
		return "is of another machine";
	if (h->size != size || size <= page_size)
		return "is not as long as its header says";
	if (h->kind != PLAN_CLOSURE && h->kind != PLAN_DLOPEN)
		return "is of an unknown kind";
	if (h->tables < page_size || h->tables > size)
		return "has its tables outside the file";
	if (h->files.count > PLAN_MAX_FILES || h->inputs.count > PLAN_MAX_ENTRIES ||
	    h->lookups.count > PLAN_MAX_ENTRIES || h->tried.count > PLAN_MAX_ENTRIES ||
	    h->maps.count > PLAN_MAX_ENTRIES || h->notes.count > PLAN_MAX_ENTRIES ||
	    h->key.count > PLAN_MAX_KEY)
		return "has more entries than any plan";
	return NULL;
}

static const void *
part(const struct plan_tables *t, const struct plan_part *where, size_t entry)
{
	if (where->offset < page_size || where->offset > t->size ||
	    where->count > (t->size - where->offset) / entry || (where->offset & 7))
		return NULL;
	return t->bytes + where->offset;
}

const char *
plan_check_parts(struct plan_tables *t)
{
	const struct plan_header *h = t->header;

	if (h->checksum != plan_checksum(h, t->bytes + page_size, t->size - page_size))
		return "has a wrong checksum";
	t->key = part(t, &h->key, 1);
	t->strings = part(t, &h->strings, 1);
	t->inputs = part(t, &h->inputs, sizeof(*t->inputs));
	t->lookups = part(t, &h->lookups, sizeof(*t->lookups));
	t->tried = part(t, &h->tried, sizeof(*t->tried));
	t->files = part(t, &h->files, sizeof(*t->files));
	t->maps = part(t, &h->maps, sizeof(*t->maps));
	t->fixups = part(t, &h->fixups, sizeof(*t->fixups));
	t->depends = part(t, &h->depends, sizeof(*t->depends));
	t->notes = part(t, &h->notes, sizeof(*t->notes));
	t->dlsyms = part(t, &h->dlsyms, sizeof(*t->dlsyms));
	t->prefault = part(t, &h->prefault, sizeof(*t->prefault));
	if (!t->key || !t->strings || !t->inputs || !t->lookups || !t->tried || !t->files ||
	    !t->maps || !t->fixups || !t->depends || !t->notes || !t->dlsyms || !t->prefault)
		return "has a table outside its file";
	if (!h->strings.count || t->strings[h->strings.count - 1])
		return "has strings without an end";
	if (h->prefault_written > h->prefault.count ||
	    h->prefault_large > h->prefault.count - h->prefault_written)
		return "has more pages to prefault than it names";
	return NULL;
}

const char *
plan_check_heap(const struct plan_header *h, size_t rtld_size)
{
	if (!region_holds(h->heap) || (h->heap & (page_size - 1)) || h->heap_size < 2 * page_size ||
	    h->heap_size > h->size - page_size || h->heap_size > HEAP_CHUNK ||
	    (h->heap_size & (page_size - 1)) || h->rtld < h->heap ||
	    h->rtld - h->heap > h->heap_size - rtld_size)
		return "has its heap where it cannot be";
	return h->executable < h->files.count ? NULL : "names no executable";
}

static const char *
check_map(const struct plan_tables *t, const struct plan_map *m)
{
	if ((m->address | m->size) & (page_size - 1) || m->size == 0 ||
	    m->address + m->size < m->address || m->address + m->size > ARCH_USER_TOP)
		return "has a mapping at an address that cannot be";
	if (m->prot > 7 || ((m->prot & SYS_PROT_WRITE) && (m->prot & SYS_PROT_EXEC)))
		return "has a mapping that is writable and executable";
	if (m->file == PLAN_SELF && (m->offset > t->size || m->size > t->size - m->offset))
		return "has a mapping outside its file";
	if (m->file != PLAN_NO_FILE && m->file != PLAN_SELF && m->file >= t->header->files.count)
		return "has a mapping of a file that it does not name";
	return NULL;
}

const char *
plan_check_maps(const struct plan_tables *t)
{
	const char *problem = NULL;

	for (uint64_t i = 0; i < t->header->maps.count && !problem; i++)
		problem = check_map(t, &t->maps[i]);
	return problem;
}

/* The rest of the header's page, which no checksum covers. */
static bool
is_padded(const char *bytes)
{
	for (size_t i = sizeof(struct plan_header); i < page_size; i++)
		if (bytes[i])
			return false;
	return true;
}

const char *
plan_check(struct plan_tables *t, const void *bytes, size_t size, size_t rtld_size)
{
	const char *problem;

	*t = (struct plan_tables){.header = bytes, .bytes = bytes, .size = size};
	if (size < sizeof(*t->header) || size < page_size)
		return "is too short for a plan";
	problem = plan_check_header(t->header, size);
	if (!problem)
		problem = plan_check_parts(t);
	if (!problem && !is_padded(bytes))
		problem = "has something behind its header";
	if (!problem && t->header->kind == PLAN_CLOSURE)
		problem = plan_check_heap(t->header, rtld_size);
	return problem ? problem : plan_check_maps(t);
}

const char *
plan_string(const struct plan_tables *t, uint32_t offset)
{
	return offset < t->header->strings.count ? t->strings + offset : "";
}
