#include "lib/xip_extents.h"
#include "lib/hash.h"
#include "lib/sys.h"

uint64_t
inplace_checksum(const void *bytes, size_t size)
{
	const size_t skip = offsetof(struct inplace_header, version);

	return hash_checksum((const char *)bytes + skip, size - skip, 0);
}

static bool
runs_are_sound(const struct inplace_run *runs, const struct inplace_file *f, uint64_t image_size)
{
	uint64_t pages = (f->size + INPLACE_PAGE - 1) / INPLACE_PAGE, end = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct inplace_run *r = &runs[f->first + i];
		uint64_t size = (uint64_t)r->count * INPLACE_PAGE;

		if (r->count == 0 || r->page < end || r->offset % INPLACE_PAGE)
			return false;
		end = (uint64_t)r->page + r->count;
		if (end > pages || r->offset > image_size || size > image_size - r->offset)
			return false;
	}
	return true;
}

bool
inplace_open(struct inplace_table *table, const void *bytes, size_t size)
{
	const struct inplace_header *h = bytes;

	if (size < sizeof(*h) || memcmp(h->magic, INPLACE_MAGIC, sizeof(h->magic)) != 0 ||
	    h->version != INPLACE_VERSION || h->page_size != INPLACE_PAGE ||
	    size != sizeof(*h) + (uint64_t)h->nfiles * sizeof(struct inplace_file) +
			    (uint64_t)h->nruns * sizeof(struct inplace_run) ||
	    h->checksum != inplace_checksum(bytes, size))
		return false;
	table->files = (const struct inplace_file *)(h + 1);
	table->runs = (const struct inplace_run *)(table->files + h->nfiles);
	table->nfiles = h->nfiles;
	for (uint32_t i = 0; i < h->nfiles; i++) {
		const struct inplace_file *f = &table->files[i];

		if (f->first > h->nruns || f->count > h->nruns - f->first ||
		    (i && f->ino <= f[-1].ino) || !runs_are_sound(table->runs, f, h->image_size))
			return false;
	}
	return true;
}

struct inplace_runs
inplace_find(const struct inplace_table *table, uint64_t ino, uint64_t size)
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
		return (struct inplace_runs){0};
	return (struct inplace_runs){table->runs + table->files[low].first,
				     table->files[low].count};
}

struct inplace_piece
inplace_next(const struct inplace_runs *runs, uint64_t offset, uint64_t size)
{
	struct inplace_piece piece = {.size = size};

	for (uint32_t i = 0; i < runs->count; i++) {
		const struct inplace_run *r = &runs->list[i];
		uint64_t from = (uint64_t)r->page * INPLACE_PAGE;
		uint64_t to = from + (uint64_t)r->count * INPLACE_PAGE;

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
