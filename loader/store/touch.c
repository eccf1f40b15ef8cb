#include "store/touch.h"
#include "host/host.h"
#include "store/builder.h"
#include "sys/heap.h"

#define MAX_TOUCH 16384
#define CHUNK 512 /* entries of pagemap at a time */

/* /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst) */
#define PAGEMAP_PRESENT (1UL << 63)
#define PAGEMAP_FILE (1UL << 61)

#define PIDFD_SELF_THREAD (-10000) /* Linux 6.14 */
#define MAX_VECTORS 1024 /* UIO_MAXIOV */

/* One call for many ranges; where the kernel does not have that, a call for each. */
static void
populate(const struct plan_touch *t, uint64_t count, int advice)
{
	while (count) {
		long n = count < MAX_VECTORS ? (long)count : MAX_VECTORS, want = 0;

		for (long i = 0; i < n; i++)
			want += (long)t[i].size;
		if (sys_call(__NR_process_madvise, PIDFD_SELF_THREAD, (long)t, n, advice, 0, 0) !=
		    want)
			for (long i = 0; i < n; i++)
				sys_call(__NR_madvise, (long)t[i].address, (long)t[i].size, advice,
					 0, 0, 0);
		t += n;
		count -= (uint64_t)n;
	}
}

void
touch_populate(const struct plan *p)
{
	uint64_t written = p->header->touch_written;

	populate(p->touch, written, SYS_MADV_POPULATE_WRITE);
	populate(p->touch + written, p->header->touch.count - written, SYS_MADV_POPULATE_READ);
}

/* What was found, by address: read pages and written ones apart. */
struct ranges {
	struct plan_touch *list; /* scratch memory: room for MAX_TOUCH */
	uint32_t count;
};

struct learner {
	struct ranges read, written;
	int pagemap;
};

static void
note(struct ranges *r, uintptr_t page)
{
	struct plan_touch *last = r->count ? &r->list[r->count - 1] : NULL;

	if (last && last->address + last->size == page)
		last->size += page_size;
	else if (r->count < MAX_TOUCH)
		r->list[r->count++] = (struct plan_touch){page, page_size};
}

static void
look_at(struct learner *l, uintptr_t at, size_t size, bool only_written)
{
	uint64_t entries[CHUNK];
	size_t pages = size / page_size;

	for (size_t done = 0; done < pages;) {
		size_t n = pages - done < CHUNK ? pages - done : CHUNK;

		if (sys_pread(l->pagemap, entries, n * sizeof(*entries),
			      (at / page_size + done) * sizeof(*entries)) !=
		    (long)(n * sizeof(*entries)))
			return;
		for (size_t i = 0; i < n; i++) {
			if (!(entries[i] & PAGEMAP_PRESENT))
				continue;
			if (!(entries[i] & PAGEMAP_FILE))
				note(&l->written, at + (done + i) * page_size);
			else if (!only_written)
				note(&l->read, at + (done + i) * page_size);
		}
		done += n;
	}
}

/* By address, so that what lies side by side becomes one range. */
static void
sort(struct plan_touch *list, uint32_t count)
{
	for (uint32_t gap = count / 2; gap; gap /= 2)
		for (uint32_t i = gap; i < count; i++) {
			struct plan_touch t = list[i];
			uint32_t k = i;

			for (; k >= gap && list[k - gap].address > t.address; k -= gap)
				list[k] = list[k - gap];
			list[k] = t;
		}
}

static void
join(struct ranges *r)
{
	uint32_t count = r->count;

	sort(r->list, count);
	r->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct plan_touch t = r->list[i], *last = r->count ? &r->list[r->count - 1] : NULL;

		if (last && last->address + last->size == t.address)
			last->size += t.size;
		else
			r->list[r->count++] = t;
	}
}

/* The plan's file again, with one more part at its end. */
static bool
rewrite(const struct plan *p, const struct learner *l)
{
	size_t written = l->written.count * sizeof(struct plan_touch);
	size_t read = l->read.count * sizeof(struct plan_touch), size = p->size + written + read;
	char *bytes = scratch_alloc(size);
	char path[STORE_PATH + 64], temp[STORE_PATH + 64];
	struct plan_header *h = (struct plan_header *)bytes;
	bool ok = false;
	int fd;

	if (!bytes)
		return false;
	plan_file(&store, p->bytes + p->header->key.offset, p->header->key.count, path,
		  sizeof(path));
	message_format(temp, sizeof(temp), "%s.new", path);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd >= 0 && sys_pread(fd, bytes, p->size, 0) == (long)p->size &&
	    memcmp(h, p->header, sizeof(*h)) == 0) {
		memcpy(bytes + p->size, l->written.list, written);
		memcpy(bytes + p->size + written, l->read.list, read);
		h->touch = (struct plan_part){p->size, l->written.count + l->read.count};
		h->touch_written = l->written.count;
		h->size = size;
		h->checksum = plan_checksum(h, bytes + page_size, size - page_size);
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
		ok = builder_write_file(temp, bytes, size) &&
		     sys_call(__NR_renameat2, SYS_AT_FDCWD, (long)temp, SYS_AT_FDCWD, (long)path, 0,
			      0) == 0;
		if (!ok)
			sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	}
	if (fd >= 0)
		sys_close(fd);
	scratch_free(bytes, size);
	return ok;
}

static void
learn(struct learner *l, const struct plan *p)
{
	/* the plan itself is read by each launch, from the start */
	look_at(l, p->header->heap, p->header->heap_size, true);
	for (uint64_t i = 0; i < p->header->maps.count; i++)
		look_at(l, p->maps[i].address, p->maps[i].size, false);
	join(&l->read);
	join(&l->written);
	if (l->written.count && store_lock(&store)) {
		rewrite(p, l);
		store_close(&store);
	}
}

void
touch_learn(void)
{
	const struct plan *p = plan_current();
	size_t room = MAX_TOUCH * sizeof(struct plan_touch);
	struct learner l = {0};

	if (!p || !p->own || p->header->touch.count || !store_is_current(&store))
		return;
	l.pagemap = sys_open("/proc/self/pagemap", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	l.read.list = scratch_alloc(room);
	l.written.list = scratch_alloc(room);
	if (l.pagemap >= 0 && l.read.list && l.written.list)
		learn(&l, p);
	if (l.pagemap >= 0)
		sys_close(l.pagemap);
	scratch_free(l.read.list, room);
	scratch_free(l.written.list, room);
}
