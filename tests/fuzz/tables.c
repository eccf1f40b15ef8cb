/*
 * libFuzzer: the tables that an image brings along (extents of files, prelink tables), and the
 * records of a store's index. The first bytes say which one it is; checksums are made right.
 */
#include <stdlib.h>

#include "lib/xip_extents.h"
#include "lib/prelink.h"
#include "lib/rtld_state.h"

static volatile uint64_t sink; /* what is read is used */

static void
use_extents(const struct xip_header *h, const struct xip_table *t)
{
	for (uint32_t i = 0; i < t->nfiles; i++) {
		const struct xip_file *f = &t->files[i];
		struct xip_extents runs = xip_find(t, f->ino, f->size);
		uint64_t end = (f->size + XIP_PAGE - 1) & -(uint64_t)XIP_PAGE;

		if (runs.count != f->count)
			abort();
		for (uint64_t at = 0, n = 0; at < end && n < 64; n++) {
			struct xip_piece p = xip_next(&runs, at, end - at);

			if (p.size == 0 || p.size > end - at ||
			    (p.in_place && p.offset + p.size > h->image_size))
				abort();
			at += p.size;
		}
	}
}

static void
check_extents(struct xip_header *h, size_t size)
{
	struct xip_table t;

	if (size >= sizeof(*h))
		h->checksum = xip_checksum(h, size);
	if (xip_open(&t, h, size))
		use_extents(h, &t);
}

static void
check_prelink(struct prelink_header *h, size_t size)
{
	struct prelink l;

	if (size >= sizeof(*h))
		h->checksum = prelink_checksum(h, size);
	if (prelink_open(&l, h, size, ARCH_MACHINE, page_size))
		return;
	for (uint32_t i = 0; i < h->nrecords; i++)
		sink += strlen(l.records[i].path);
	for (uint32_t i = 0; i < h->nplans; i++)
		sink += l.plans[i];
	for (uint32_t i = 0; i < h->npages; i++)
		sink += l.pages[i].sum;
}

static void
check_records(struct index_record *r, size_t count)
{
	const uint64_t base = 0x300000000000, size = 1UL << 40;

	for (; count; count--, r++) {
		r->checksum = hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0);
		if (!format_record_is_sound(r, base, size))
			continue;
		sink += strlen(r->path);
		if (r->slot && (r->slot < base || r->slot + r->span > base + size))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *bytes = malloc(size ? size : 1);

	memcpy(bytes, data, size);
	if (size >= 8 && memcmp(data, XIP_MAGIC, 8) == 0)
		check_extents(bytes, size);
	else if (size >= 8 && memcmp(data, PRELINK_MAGIC, 8) == 0)
		check_prelink(bytes, size);
	else
		check_records(bytes, size / sizeof(struct index_record));
	free(bytes);
	return 0;
}
