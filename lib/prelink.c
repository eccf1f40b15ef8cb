#include "lib/prelink.h"

uint64_t
prelink_checksum(const void *bytes, size_t size)
{
	const size_t skip = offsetof(struct prelink_header, version);

	return hash_checksum((const char *)bytes + skip, size - skip, 0);
}

static bool
records_are_sound(const struct prelink *l)
{
	const struct prelink_header *h = l->header;

	for (uint32_t i = 0; i < h->nrecords; i++) {
		const struct index_record *r = &l->records[i];

		if (r->kind != RECORD_OBJECT || r->path[0] != '/' ||
		    !memchr(r->path, 0, sizeof(r->path)) || r->relocated_offset % h->page_size ||
		    r->relocated_pages > UINT32_MAX)
			return false;
	}
	for (uint32_t i = 0; i < h->npages; i++)
		if (l->pages[i].pages == 0 || l->pages[i].pages > UINT32_MAX)
			return false;
	return true;
}

const char *
prelink_open(struct prelink *l, const void *bytes, size_t size, uint32_t machine, uint64_t page)
{
	const struct prelink_header *h = bytes;

	if (size < sizeof(*h) || memcmp(h->magic, PRELINK_MAGIC, sizeof(h->magic)) != 0)
		return "they are damaged (magic)";
	if (h->version != PRELINK_VERSION || h->store_version != STORE_VERSION)
		return "they are of another version";
	if (h->machine != machine || h->page_size != page)
		return "they are for another machine";
	if (h->nplans == 0 || h->nplans > PRELINK_MAX || h->npages > PRELINK_MAX ||
	    size != sizeof(*h) + (uint64_t)h->nrecords * sizeof(struct index_record) +
			    (uint64_t)h->nplans * sizeof(uint64_t) +
			    (uint64_t)h->npages * sizeof(struct prelink_pages))
		return "they are damaged (size)";
	if (h->checksum != prelink_checksum(bytes, size))
		return "they are damaged (checksum)";
	l->header = h;
	l->records = (const struct index_record *)(h + 1);
	l->plans = (const uint64_t *)(l->records + h->nrecords);
	l->pages = (const struct prelink_pages *)(l->plans + h->nplans);
	return records_are_sound(l) ? NULL : "they are damaged (records)";
}
