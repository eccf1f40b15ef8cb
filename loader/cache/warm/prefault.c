#include "cache/store/hand_in.h"
#include "cache/store/replace_file.h"
#include "cache/warm/prefault.h"
#include "base/process_args.h"
#include "cache/warm/init_pages.h"
#include "cache/warm/dlsym_cache.h"
#include "cache/warm/large_folios.h"
#include "base/heap.h"
#include "base/populate.h"

#define PR_GET_SECCOMP 21

void
prefault_populate(const struct plan *p)
{
	uint64_t written = p->header.prefault_written, huge = p->header.prefault_large;
	uint64_t read = p->header.prefault.count - written - huge;

	populate_advise(p->tables.prefault + written + read, huge, SYS_MADV_HUGEPAGE);
	populate_advise(p->tables.prefault, written, SYS_MADV_POPULATE_WRITE);
	populate_advise(p->tables.prefault + written, read, SYS_MADV_POPULATE_READ);
}

static bool
is_huge(const struct plan_map *m, const struct ranges *huge)
{
	for (uint32_t i = 0; i < huge->count; i++)
		if (huge->list[i].address == m->address)
			return true;
	return false;
}

/* Large folios are looked at as one anyway; files without a page cache have each page mapped for
 * itself. Maps of one file stand together. */
static void
add_page_faults(const struct plan *p, const struct working_set *t, struct ranges *faults)
{
	uint32_t file = PLAN_NO_FILE;
	bool dax = false;

	for (uint64_t i = 0; i < p->header.maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (m->file == PLAN_NO_FILE)
			continue;
		if (m->file != file) {
			file = m->file;
			dax = file < PLAN_SELF &&
			      sys_is_dax(plan_string(&p->tables, p->tables.files[file].path));
		}
		if (dax || is_huge(m, &t->huge))
			ranges_cut(&t->read, m->address, m->address + m->size, faults);
		else
			ranges_thin(&t->read, m->address, m->address + m->size, faults);
	}
}

/* The plan's file in memory, with these answers and ranges for its last parts. Bytes of `size`. */
static bool
compose(const struct plan *p, const char *path, char *bytes, size_t size,
	const struct working_set *t)
{
	const struct ranges *parts[] = {&t->written, &t->read, &t->huge};
	struct plan_header *h = (struct plan_header *)bytes;
	size_t rest = p->header.dlsyms.offset;
	int fd = store_open_file(&store, path, SYS_O_RDONLY, 0);
	bool ok = fd >= 0 && sys_pread(fd, bytes, rest, 0) == (long)rest &&
		  memcmp(h, &p->header, sizeof(*h)) == 0;

	if (fd >= 0)
		sys_close(fd);
	if (!ok)
		return false;
	memcpy(bytes + rest, t->dlsyms, t->ndlsyms * sizeof(*t->dlsyms));
	rest += t->ndlsyms * sizeof(*t->dlsyms);
	h->dlsyms.count = t->ndlsyms;
	h->prefault.offset = rest;
	h->prefault.count = (size - rest) / sizeof(struct plan_prefault);
	h->prefault_written = t->written.count;
	h->prefault_large = t->huge.count;
	h->init_pages = t->init_pages;
	h->init_pages_sum = t->init_pages_sum;
	h->size = size;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t part = parts[i]->count * sizeof(struct plan_prefault);

		memcpy(bytes + rest, parts[i]->list, part);
		rest += part;
	}
	h->checksum = plan_checksum(h, bytes + page_size, size - page_size);
	return true;
}

/* The files of what was learned, written by this launch. */
static bool
write_files(const struct plan *p, struct working_set *t, char *bytes, size_t size)
{
	char path[STORE_PATH + 64];
	bool ok;

	plan_own_path(p, path, sizeof(path));
	if (!store_lock(&store))
		return false;
	if (!init_pages_write(p, t))
		t->init_pages = t->init_pages_sum = 0;
	ok = compose(p, path, bytes, size, t) &&
	     replace_file(path, bytes, size, (int)(p->id.mode & 0644));
	store_close(&store);
	return ok;
}

/* The same by the publisher. */
static bool
send_files(const struct plan *p, const struct working_set *t, char *bytes, size_t size)
{
	char path[STORE_PATH + 64];
	bool ok;

	plan_own_path(p, path, sizeof(path));
	ok = compose(p, path, bytes, size, t) &&
	     hand_in(p, bytes, size, t->init_file, t->init_size);
	store_leave(&store);
	return ok;
}

static bool
rewrite(const struct plan *p, struct working_set *t)
{
	size_t size =
		p->header.dlsyms.offset + t->ndlsyms * sizeof(*t->dlsyms) +
		(t->written.count + t->read.count + t->huge.count) * sizeof(struct plan_prefault);
	char *bytes = scratch_alloc(size);
	bool ok = bytes && (options.publish == PUBLISH_NOW ? write_files(p, t, bytes, size)
							   : send_files(p, t, bytes, size));

	scratch_free(bytes, size);
	return ok;
}

static bool
write_thinned(const struct plan *p, const struct working_set *t)
{
	struct working_set thin = *t;
	bool ok = false;

	thin.read = (struct ranges){scratch_alloc(RANGES_BYTES), 0};
	if (thin.read.list) {
		add_page_faults(p, t, &thin.read);
		ok = rewrite(p, &thin);
	}
	scratch_free(thin.read.list, RANGES_BYTES);
	return ok;
}

static void
add_page(struct ranges *r, uintptr_t at)
{
	if (at)
		ranges_add(r, PAGE_ALIGN_DOWN(at), page_size);
}

/* What was touched until here, and is next. */
static void
look(const struct plan *p, struct working_set *t)
{
	int pagemap = sys_open("/proc/self/pagemap", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (pagemap < 0)
		return;
	/* the plan itself is read by each launch, from the start */
	pagemap_collect(pagemap, p->header.heap, p->header.heap_size, NULL, &t->written);
	for (uint64_t i = 0; i < p->header.maps.count; i++)
		pagemap_collect(pagemap, p->tables.maps[i].address, p->tables.maps[i].size,
				&t->read, &t->written);
	sys_close(pagemap);
	/* where the program begins, and the table that its first call goes through */
	add_page(&t->read, rtld->program->entry);
	add_page(&t->read, rtld->program->pltgot);
	ranges_coalesce(&t->written);
	ranges_coalesce(&t->read);
}

static const struct plan_prefault *
take(struct ranges *to, const struct plan_prefault *from, uint64_t count)
{
	to->count = count < MAX_RANGES ? (uint32_t)count : MAX_RANGES;
	memcpy(to->list, from, to->count * sizeof(*from));
	return from + count;
}

/* What an earlier launch found. */
static void
recall(const struct plan *p, struct working_set *t)
{
	const uint64_t written = p->header.prefault_written, huge = p->header.prefault_large;
	const struct plan_prefault *from = take(&t->written, p->tables.prefault, written);

	from = take(&t->read, from, p->header.prefault.count - written - huge);
	take(&t->huge, from, huge);
}

/* The step that this launch is to go on with. */
static void
learn_step(const struct plan *p, struct working_set *t)
{
	const bool known = p->header.prefault.count;
	bool ok;

	if (known)
		recall(p, t);
	else
		look(p, t);
	if (!t->written.count)
		return;
	if (p->header.init_pages_sum)
		init_pages_choose(p, t);
	else
		init_pages_note(p, t);
	t->dlsyms = p->tables.dlsyms;
	t->ndlsyms = p->header.dlsyms.count;
	if (!known && !t->ndlsyms)
		t->dlsyms = dlsym_cache_added(&t->ndlsyms);
	if (t->ndlsyms >
	    p->header.dlsyms.count) /* their searches have touched much: the next looks */
		t->written.count = t->read.count = 0;
	else if (!known)
		large_folios_choose(p, &t->read, &t->huge);
	ok = write_thinned(p, t);
	if (ok && !known)
		large_folios_form(p, &t->huge);
}

static void
learn(const struct plan *p)
{
	struct working_set t = {.written = {scratch_alloc(RANGES_BYTES), 0},
				.read = {scratch_alloc(RANGES_BYTES), 0},
				.huge = {scratch_alloc(RANGES_BYTES), 0}};

	if (t.written.list && t.read.list && t.huge.list)
		learn_step(p, &t);
	scratch_free(t.init_file, t.init_capacity);
	scratch_free(t.huge.list, RANGES_BYTES);
	scratch_free(t.read.list, RANGES_BYTES);
	scratch_free(t.written.list, RANGES_BYTES);
}

/*
 * A filter that a constructor sets knows nothing of our system calls, and may end the process for
 * them. One that was there before lets a launch pass, and so this.
 */
static long filters_before;

static bool learns; /* this launch goes a step on */

/* A launch that writes nothing learns only for a publisher. */
static bool
has_to_learn(const struct plan *p)
{
	const struct plan_header *h = &p->header;

	if (h->prefault.count && (!h->init_pages_sum || h->init_pages))
		return false;
	return options.publish == PUBLISH_NOW ||
	       (options.publish == PUBLISH_ASK && hand_in_works());
}

void
prefault_begin(const struct plan *p)
{
	if (!p || !p->own)
		return;
	learns = !p->init_pages && has_to_learn(p);
	if (p->init_pages || learns)
		filters_before = sys_call(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) == 0
					 ? 0
					 : sys_filters();
}

void
prefault_learn(const struct plan *p)
{
	if (!p || !p->own || !(p->init_pages || learns) || sys_filters() != filters_before)
		return;
	if (p->init_pages)
		init_pages_share(p);
	else if (store_is_current(&store))
		learn(p);
}
