#include "lib/xip_extents.h"
#include "lib/hash.h"
#include "lib/sys.h"

uint64_t
xip_checksum(const void *bytes, size_t size)
{
	const size_t skip = offsetof(struct xip_header, version);

	return hash_checksum((const char *)bytes + skip, size - skip, 0);
}

static bool
runs_are_sound(const struct xip_extent *runs, const struct xip_file *f, uint64_t image_size)
{
	uint64_t pages = (f->size + XIP_PAGE - 1) / XIP_PAGE, end = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct xip_extent *r = &runs[f->first + i];
		uint64_t size = (uint64_t)r->count * XIP_PAGE;

		if (r->count == 0 || r->page < end || r->offset % XIP_PAGE)
			return false;
		end = (uint64_t)r->page + r->count;
		if (end > pages || r->offset > image_size || size > image_size - r->offset)
			return false;
	}
	return true;
}

bool
xip_open(struct xip_table *table, const void *bytes, size_t size)
{
	const struct xip_header *h = bytes;

	if (size < sizeof(*h) || memcmp(h->magic, XIP_MAGIC, sizeof(h->magic)) != 0 ||
	    h->version != XIP_VERSION || h->page_size != XIP_PAGE ||
	    size != sizeof(*h) + (uint64_t)h->nfiles * sizeof(struct xip_file) +
			    (uint64_t)h->nruns * sizeof(struct xip_extent) ||
	    h->checksum != xip_checksum(bytes, size))
		return false;
	table->files = (const struct xip_file *)(h + 1);
	table->runs = (const struct xip_extent *)(table->files + h->nfiles);
	table->nfiles = h->nfiles;
	for (uint32_t i = 0; i < h->nfiles; i++) {
		const struct xip_file *f = &table->files[i];

		if (f->first > h->nruns || f->count > h->nruns - f->first ||
		    (i && f->ino <= f[-1].ino) || !runs_are_sound(table->runs, f, h->image_size))
			return false;
	}
	return true;
}

struct xip_extents
xip_find(const struct xip_table *table, uint64_t ino, uint64_t size)
{
	uint32_t low = 0, high = table->nfiles;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->files[middle].ino < ino)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->nfiles || table->files[low].ino != ino || table->files[low].size != size)
		return (struct xip_extents){0};
	return (struct xip_extents){table->runs + table->files[low].first, table->files[low].count};
}

struct xip_piece
xip_next(const struct xip_extents *runs, uint64_t offset, uint64_t size)
{
	struct xip_piece piece = {.size = size};

	for (uint32_t i = 0; i < runs->count; i++) {
		const struct xip_extent *r = &runs->list[i];
		uint64_t from = (uint64_t)r->page * XIP_PAGE;
		uint64_t to = from + (uint64_t)r->count * XIP_PAGE;

		if (to <= offset)
			continue;
		if (from > offset) {
			if (from - offset < size)
				piece.size = from - offset;
			return piece;
		}
		piece.in_place = true;
		piece.offset = r->offset + (offset - from);
		if (to - offset < size)
			piece.size = to - offset;
		return piece;
	}
	return piece;
}
