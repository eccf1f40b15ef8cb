#include "cache/warm/ranges.h"
#include "base/populate.h"

#define CHUNK 512 /* entries of pagemap at a time */

/* /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst) */
#define PAGEMAP_PRESENT (1UL << 63)
#define PAGEMAP_FILE (1UL << 61)

void
ranges_add(struct ranges *r, uintptr_t address, size_t size)
{
	struct plan_prefault *last = r->count ? &r->list[r->count - 1] : NULL;

	if (last && last->address + last->size == address)
		last->size += size;
	else if (r->count < MAX_RANGES)
		r->list[r->count++] = (struct plan_prefault){address, size};
}

void
pagemap_collect(int pagemap, uintptr_t at, size_t size, struct ranges *files, struct ranges *own)
{
	uint64_t entries[CHUNK];
	size_t pages = size / page_size;

	for (size_t done = 0; done < pages;) {
		size_t n = pages - done < CHUNK ? pages - done : CHUNK;

		if (sys_pread(pagemap, entries, n * sizeof(*entries),
			      (at / page_size + done) * sizeof(*entries)) !=
		    (long)(n * sizeof(*entries)))
			return;
		for (size_t i = 0; i < n; i++) {
			struct ranges *to = entries[i] & PAGEMAP_FILE ? files : own;

			if (to && (entries[i] & PAGEMAP_PRESENT))
				ranges_add(to, at + (done + i) * page_size, page_size);
		}
		done += n;
	}
}

static void
sort(struct plan_prefault *list, uint32_t count)
{
	for (uint32_t gap = count / 2; gap; gap /= 2)
		for (uint32_t i = gap; i < count; i++) {
			struct plan_prefault t = list[i];
			uint32_t k = i;

			for (; k >= gap && list[k - gap].address > t.address; k -= gap)
				list[k] = list[k - gap];
			list[k] = t;
		}
}

void
ranges_coalesce(struct ranges *r)
{
	uint32_t count = r->count;

	sort(r->list, count);
	r->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct plan_prefault t = r->list[i],
				     *last = r->count ? &r->list[r->count - 1] : NULL;

		if (!last || t.address > last->address + last->size)
			r->list[r->count++] = t;
		else if (t.address + t.size > last->address + last->size)
			last->size = t.address + t.size - last->address;
	}
}

struct plan_prefault
ranges_clip(const struct plan_prefault *t, uintptr_t start, uintptr_t end)
{
	uintptr_t from = t->address > start ? t->address : start;
	uintptr_t to = t->address + t->size < end ? t->address + t->size : end;

	return (struct plan_prefault){from, from < to ? to - from : 0};
}

void
ranges_cut(const struct ranges *r, uintptr_t start, uintptr_t end, struct ranges *to)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct plan_prefault t = ranges_clip(&r->list[i], start, end);

		if (t.size)
			ranges_add(to, t.address, t.size);
	}
}

/* What one fault brings in: the pages from `first` to `last` are wanted. */
struct window {
	uintptr_t first, last, end;
};

static void
ask(uintptr_t start, const struct window *w, struct ranges *dlsyms)
{
	if (w->end)
		ranges_add(dlsyms, populate_page(start, w->first, w->last), page_size);
}

void
ranges_thin(const struct ranges *r, uintptr_t start, uintptr_t end, struct ranges *dlsyms)
{
	struct window w = {0};

	for (uint32_t i = 0; i < r->count; i++) {
		struct plan_prefault t = ranges_clip(&r->list[i], start, end);

		for (uintptr_t from = t.address, to = from + t.size; from < to;) {
			if (from >= w.end) {
				ask(start, &w, dlsyms);
				w = (struct window){from, from, populate_next(start, from)};
			}
			from = to < w.end ? to : w.end;
			w.last = from - page_size;
		}
	}
	ask(start, &w, dlsyms);
}
