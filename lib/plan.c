/* Plans as bytes: whether they are what they should be. No system calls. */
#include "lib/plan.h"
#include "lib/region.h"

uint64_t
plan_checksum(const struct plan_header *h, const void *rest, size_t size)
{
	const size_t skip = offsetof(struct plan_header, size);

	return hash_checksum(rest, size,
			     hash_checksum((const char *)h + skip, sizeof(*h) - skip, 0));
}

static const void *
part(const struct plan *p, const struct plan_part *where, size_t entry)
{
	if (where->offset < page_size || where->offset > p->size ||
	    where->count > (p->size - where->offset) / entry || (where->offset & 7))
		return NULL;
	return p->bytes + where->offset;
}

bool
plan_is_sound(struct plan *p)
{
	const struct plan_header *h = p->header;

	if (h->checksum != plan_checksum(h, p->bytes + page_size, p->size - page_size))
		return false;
	p->strings = part(p, &h->strings, 1);
	p->inputs = part(p, &h->inputs, sizeof(*p->inputs));
	p->files = part(p, &h->files, sizeof(*p->files));
	p->maps = part(p, &h->maps, sizeof(*p->maps));
	p->fixups = part(p, &h->fixups, sizeof(*p->fixups));
	p->depends = part(p, &h->depends, sizeof(*p->depends));
	p->dlsyms = part(p, &h->dlsyms, sizeof(*p->dlsyms));
	p->prefault = part(p, &h->prefault, sizeof(*p->prefault));
	return p->dlsyms && p->prefault && h->prefault_written <= h->prefault.count &&
	       h->prefault_large <= h->prefault.count - h->prefault_written && p->strings &&
	       p->inputs && p->files && p->maps && p->fixups && p->depends && part(p, &h->key, 1) &&
	       h->strings.count && !p->strings[h->strings.count - 1];
}

bool
plan_closure_is_sound(struct plan *p, size_t rtld_size)
{
	const struct plan_header *h = p->header;

	return plan_is_sound(p) && h->executable < h->files.count && h->rtld >= h->heap &&
	       h->rtld - h->heap <= h->heap_size - rtld_size;
}

bool
plan_header_fits(const struct plan *p, enum plan_kind kind)
{
	const struct plan_header *h = p->header;

	return memcmp(h->magic, PLAN_MAGIC, sizeof(h->magic)) == 0 && h->size == p->size &&
	       h->size > page_size && h->version == STORE_VERSION && h->machine == ARCH_MACHINE &&
	       h->page_size == page_size && h->kind == kind;
}

bool
plan_heap_fits(const struct plan_header *h)
{
	return region_holds(h->heap) && !(h->heap & (page_size - 1)) &&
	       h->heap_size >= 2 * page_size && h->heap_size <= h->size - page_size &&
	       h->heap_size <= HEAP_CHUNK && !(h->heap_size & (page_size - 1));
}

const char *
plan_string(const struct plan *p, uint32_t offset)
{
	return offset < p->header->strings.count ? p->strings + offset : "";
}

bool
plan_take(struct plan *p, const char *bytes, size_t size, size_t rtld_size)
{
	*p = (struct plan){.fd = -1, .program_fd = -1, .bytes = bytes, .size = size};
	if (size <= page_size)
		return false;
	memcpy(p->header, bytes, sizeof(*p->header));
	p->notes = part(p, &p->header->notes, sizeof(*p->notes));
	return plan_header_fits(p, PLAN_CLOSURE) && plan_heap_fits(p->header) &&
	       plan_closure_is_sound(p, rtld_size) && p->notes;
}
