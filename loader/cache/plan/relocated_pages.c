#include "cache/plan/relocated_pages.h"
#include "base/process_args.h"
#include "rtld/stubs.h"
#include "cache/plan/plan.h"
#include "lib/trust.h"
#include "base/heap.h"

#define PROGRAM_PAGES 16
#define PATH_SIZE 4096
#define FEW_PAGES 4 /* fewer baseline pages beside others are not worth a mapping */

struct kept_object *
pages_new_object(struct page_set *set, struct object *obj)
{
	struct kept_object *k =
		scratch_grow(set->objects, &set->objects_capacity, set->nobjects + 1, sizeof(*k));

	if (!k)
		return NULL;
	set->objects = k;
	k += set->nobjects;
	k->obj = obj;
	k->path = obj->path;
	k->id = obj->id;
	k->everybody = false;
	return k;
}

/* Where an open file lies, links resolved: a link of the dynamic linker's name may lead to the
 * loader another time. */
static const char *
path_of_file(int fd, const char *otherwise)
{
	char link[40], path[PATH_SIZE];
	long len;

	message_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = sys_readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || path[0] != '/')
		return otherwise;
	path[len] = 0;
	return heap_strdup(path);
}

enum publish_failure
pages_take_object(struct page_set *set, struct object *obj, int *fd, uint64_t *slot)
{
	struct kept_object *k = pages_new_object(set, obj);

	if (!k)
		return PUBLISH_OUT_OF_MEMORY;
	if (obj->is_interp)
		k->path = path_of_file(*fd, obj->path);
	/* for others than root it makes no difference; an image's plans are for whom the image is
	 */
	k->everybody = store_user() != 0 || options.link_seed || trust_public(*fd, &obj->id);
	if (!store_slot(&store, obj, fd, k->everybody, &k->record))
		return store_region_is_full() ? PUBLISH_REGION_FULL : PUBLISH_NOT_STORABLE;
	set->nobjects++;
	*slot = k->record.slot;
	return PUBLISH_OK;
}

bool
pages_find_readers(struct page_set *set)
{
	for (uint32_t i = 0; i < set->nobjects; i++) {
		struct kept_object *k = &set->objects[i];
		int fd = -1;

		if (store_user() == 0)
			fd = sys_open(k->path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
		k->everybody = store_user() != 0 || (fd >= 0 && trust_public(fd, &k->id));
		if (fd >= 0)
			sys_close(fd);
	}
	return pages_are_public(set);
}

bool
pages_are_public(const struct page_set *set)
{
	for (uint32_t i = 0; i < set->nobjects; i++)
		if (!set->objects[i].everybody)
			return false;
	return true;
}

enum publish_failure
pages_unshareable(const struct page_set *set)
{
	for (uint32_t i = 0; i < set->nobjects; i++) {
		const struct kept_object *k = &set->objects[i];

		if (k->obj->type != ET_EXEC && k->obj->start != k->record.slot)
			return PUBLISH_SLOT_TAKEN;
		if (k->obj->textrel)
			return PUBLISH_TEXTREL;
	}
	return PUBLISH_OK;
}

static bool
add_range(struct page_set *set, uint32_t object, uintptr_t at, uintptr_t end)
{
	struct range *list;

	if (end <= at)
		return true;
	list = scratch_grow(set->ranges, &set->ranges_capacity, set->nranges + 1, sizeof(*list));
	if (!list)
		return false;
	set->ranges = list;
	set->ranges[set->nranges++] = (struct range){at, (end - at) / page_size, NULL, object};
	return true;
}

static bool
has_range(const struct page_set *set, uint32_t object, uintptr_t page)
{
	for (uint32_t i = set->nranges; i-- > 0 && set->ranges[i].object == object;)
		if (page - set->ranges[i].at < set->ranges[i].pages * page_size)
			return true;
	return false;
}

static bool
add_copied_pages(struct page_set *set, uint32_t object, const struct object *obj)
{
	for (uint32_t i = 0; i < rtld->ncopy_relocs; i++) {
		const struct copy *c = &rtld->copy_relocs[i];

		if (!c->size || !object_contains(obj, c->to))
			continue;
		for (uintptr_t page = PAGE_ALIGN_DOWN(c->to); page < c->to + c->size;
		     page += page_size)
			if (!has_range(set, object, page) &&
			    !add_range(set, object, page, page + page_size))
				return false;
	}
	return true;
}

/*
 * Ranges of one object: writable segments' file pages (the interpreter's as well: it relocates
 * itself, but its last page ends in zeroes, not as the file does), zero-fill pages that COPY
 * relocations wrote.
 */
static bool
add_object_ranges(struct page_set *set, uint32_t index)
{
	const struct object *obj = set->objects[index].obj;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = obj->base + p->p_vaddr;

		if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && p->p_filesz &&
		    !add_range(set, index, PAGE_ALIGN_DOWN(at), PAGE_ALIGN_UP(at + p->p_filesz)))
			return false;
	}
	return add_copied_pages(set, index, obj);
}

bool
pages_copy(struct page_set *set)
{
	for (uint32_t i = 0; i < set->nobjects; i++)
		if (!add_object_ranges(set, i))
			return false;
	for (uint32_t i = 0; i < set->nranges; i++) {
		struct range *r = &set->ranges[i];

		r->image = scratch_alloc(r->pages * page_size);
		if (!r->image)
			return false;
		memcpy(r->image, (const void *)r->at, r->pages * page_size);
	}
	return true;
}

uint64_t *
pages_word(const struct page_set *set, uintptr_t place)
{
	for (uint32_t i = 0; i < set->nranges; i++) {
		const struct range *r = &set->ranges[i];

		if (place - r->at < r->pages * page_size)
			return (uint64_t *)(r->image + (place - r->at));
	}
	return NULL;
}

bool
pages_hold(const struct page_set *set, uintptr_t address)
{
	for (uint32_t i = 0; i < set->nobjects; i++) {
		const struct object *obj = set->objects[i].obj;

		if (address - obj->start < obj->end - obj->start)
			return true;
	}
	return false;
}

/* What the ranges of an object look like: baseline pages of another layout are of no use. */
static uint64_t
layout_of(const struct page_set *set, uint32_t object, uint64_t *pages)
{
	uint64_t sum = 0;

	*pages = 0;
	for (uint32_t i = 0; i < set->nranges; i++) {
		uint64_t words[2] = {set->ranges[i].at, set->ranges[i].pages};

		if (set->ranges[i].object != object)
			continue;
		sum = hash_checksum(words, sizeof(words), sum);
		*pages += set->ranges[i].pages;
	}
	return sum;
}

/* Relocated pages hold what this kind of CPU chose, and addresses of this loader's stubs. */
static uint64_t
abi_hash(void)
{
	return arch_cpu_features_hash() ^ stub_abi_hash();
}

/* Does a page of the object hold an address in an object that not everybody may read? */
static bool
tells_of_private(const struct page_set *set, uint32_t object)
{
	for (uint32_t i = 0; i < set->nranges; i++) {
		const struct range *r = &set->ranges[i];
		const uint64_t *words = (const uint64_t *)r->image;

		for (size_t k = 0; r->object == object && k < r->pages * page_size / 8; k++)
			for (uint32_t n = 0; n < set->nobjects; n++)
				if (!set->objects[n].everybody &&
				    words[k] - set->objects[n].obj->start <
					    set->objects[n].obj->end - set->objects[n].obj->start)
					return true;
	}
	return false;
}

/* May the object's pages as they are here stand for it in all closures? Those of what everybody may
 * read go where everybody can read them. */
static bool
may_be_baseline(const struct page_set *set, uint32_t object, const struct plan_writer *b)
{
	return b->everybody || !set->objects[object].everybody ||
	       (!set->beside_private && !tells_of_private(set, object));
}

/* Write an object's pages as the baseline ones, for this and every later closure. */
static bool
write_baseline(struct page_set *set, uint32_t object, struct plan_writer *b, uint64_t layout,
	       uint64_t pages)
{
	struct index_record *r = &set->objects[object].record;
	int which = set->objects[object].everybody ? RELOCATED_PUBLIC : RELOCATED_PRIVATE;

	r->relocated_layout = layout;
	r->relocated_pages = pages;
	r->relocated_sum = 0;
	r->abi_hash = abi_hash();
	if (!plan_writer_relocated_begin(b, which, &r->relocated_id, &r->relocated_offset))
		return false;
	for (uint32_t i = 0; i < set->nranges; i++) {
		const struct range *range = &set->ranges[i];

		if (range->object != object)
			continue;
		for (size_t p = 0; p < range->pages; p++)
			r->relocated_sum = format_add_page(r->relocated_sum,
							   range->image + p * page_size, page_size);
		if (!plan_writer_relocated_add(b, which, range->image, range->pages))
			return false;
	}
	store_update_record(r);
	return true;
}

/* Where each page of a range can be had from; the longest run decides. */
struct choice {
	const struct range *range;
	const struct object *obj;
	struct plan_writer *plan_writer;
	const uint8_t *baseline; /* NULL: none */
	uint32_t baseline_file;
	uint64_t baseline_offset;
	int prot;
	uintptr_t relro_end; /* pages below it (and at or above relro_start) are read-only */
	uintptr_t relro_start;
	enum plan_reason without; /* why there are no baseline pages */
};

static size_t
equal_run(const uint8_t *a, const uint8_t *b, size_t pages)
{
	size_t n = 0;

	while (n < pages && memcmp(a + n * page_size, b + n * page_size, page_size) == 0)
		n++;
	return n;
}

static int
protection_at(const struct choice *c, uintptr_t page)
{
	return page >= c->relro_start && page < c->relro_end ? SYS_PROT_READ : c->prot;
}

static size_t
same_protection(const struct choice *c, uintptr_t page, size_t pages)
{
	size_t n = 1;

	while (n < pages && protection_at(c, page + n * page_size) == protection_at(c, page))
		n++;
	return n;
}

/* The reason why this page differs from the baseline one, if it is not plain. */
static enum plan_reason
reason_for(const struct choice *c, uintptr_t page)
{
	if (!c->baseline)
		return c->without;
	for (uint32_t i = 0; i < rtld->ncopy_relocs; i++) {
		const struct copy *copy = &rtld->copy_relocs[i];

		if (copy->to < page + page_size && copy->to + copy->size > page)
			return REASON_COPY_RELOCATION;
	}
	return REASON_SYMBOL_DIFFERS;
}

/* How many pages from `page` on, of `left` that are protected alike, are the baseline ones. */
static size_t
baseline_run(const struct choice *c, size_t page, size_t left)
{
	if (!c->baseline)
		return 0;
	return equal_run(c->range->image + page * page_size, c->baseline + page * page_size, left);
}

/* How many are not. */
static size_t
own_run(const struct choice *c, size_t page, size_t left)
{
	size_t run = 1;

	while (run < left && !baseline_run(c, page + run, 1))
		run++;
	return run;
}

/* Pages that are protected alike. */
static void
map_span(const struct choice *c, size_t page, size_t pages)
{
	const struct range *r = c->range;

	for (size_t done = 0, run; done < pages; done += run) {
		size_t p = page + done, left = pages - done;
		uintptr_t at = r->at + p * page_size;
		enum plan_reason reason = REASON_FEW;

		run = baseline_run(c, p, left);
		if (run >= FEW_PAGES || run == pages || (run && options.link_seed)) {
			plan_writer_map(c->plan_writer, at, run * page_size, c->baseline_file,
					c->baseline_offset + p * page_size, protection_at(c, at));
			continue;
		}
		if (!run) {
			run = own_run(c, p, left);
			reason = reason_for(c, at);
		}
		plan_writer_closure(c->plan_writer, at, r->image + p * page_size, run,
				    protection_at(c, at));
		plan_writer_note(c->plan_writer, c->obj->path, at, run, reason);
	}
}

static void
map_range(const struct choice *c)
{
	size_t pages = c->range->pages;

	for (size_t p = 0, span; p < pages; p += span) {
		span = same_protection(c, c->range->at + p * page_size, pages - p);
		map_span(c, p, span);
	}
}

/*
 * ld.so has yet to write: into its own RELRO part, and into libc's if each process has words of its
 * own there. It protects its own. With musl, the program's copies of libc's variables are made
 * when libc has set them.
 */
bool
pages_relro_waits(const struct object *obj)
{
	return obj->is_interp || (obj->is_libc && rtld->libc_relro_written) ||
	       (obj->is_program && rtld->libc_kind == LIBC_MUSL);
}

/* Of the segments that share its first page the writable one counts: it was mapped last. */
static int
range_protection(const struct object *obj, const struct range *r)
{
	int prot = SYS_PROT_READ;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type == PT_LOAD && r->at >= PAGE_ALIGN_DOWN(obj->base + p->p_vaddr) &&
		    r->at < PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_memsz))
			prot = object_segment_prot(obj, p);
	}
	return prot;
}

/* Every range of an object; `base` holds what does not depend on the range. */
static void
map_object_ranges(const struct page_set *set, uint32_t object, const struct choice *base)
{
	const struct object *obj = set->objects[object].obj;
	uint64_t done = 0;

	for (uint32_t i = 0; i < set->nranges; i++) {
		const struct range *r = &set->ranges[i];
		struct choice c = *base;

		if (r->object != object)
			continue;
		c.range = r;
		c.baseline = base->baseline ? base->baseline + done * page_size : NULL;
		c.baseline_offset = base->baseline_offset + done * page_size;
		c.prot = range_protection(obj, r);
		if (!pages_relro_waits(obj)) {
			c.relro_start = obj->relro.at;
			c.relro_end = obj->relro.at + obj->relro.size;
		}
		map_range(&c);
		done += r->pages;
	}
}

/* The first range of the object that ends behind `at`, or NULL. */
static const struct range *
next_range(const struct page_set *set, uint32_t object, uintptr_t at)
{
	const struct range *best = NULL;

	for (uint32_t i = 0; i < set->nranges; i++) {
		const struct range *r = &set->ranges[i];

		if (r->object == object && r->at + r->pages * page_size > at &&
		    (!best || r->at < best->at))
			best = r;
	}
	return best;
}

/* The pages of [at, end) that no range covers, from `file` (or none: zero-fill). */
static void
map_uncovered(const struct page_set *set, uint32_t object, struct plan_writer *b, uintptr_t at,
	      uintptr_t end, uint32_t file, uint64_t offset, int prot)
{
	uintptr_t start = at;

	while (at < end) {
		const struct range *r = next_range(set, object, at);
		uintptr_t stop = r && r->at < end ? r->at : end;

		if (stop > at)
			plan_writer_map_file(b, at, stop - at, file, offset + (at - start), prot);
		at = stop < end ? r->at + r->pages * page_size : end;
	}
}

static void
map_plain_segments(const struct page_set *set, uint32_t object, struct plan_writer *b,
		   uint32_t file)
{
	const struct object *obj = set->objects[object].obj;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = PAGE_ALIGN_DOWN(obj->base + p->p_vaddr);
		uintptr_t file_end = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_filesz);
		uintptr_t end = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_memsz);

		if (p->p_type != PT_LOAD || p->p_memsz == 0)
			continue;
		if (p->p_filesz == 0)
			file_end = at;
		map_uncovered(set, object, b, at, file_end, file, PAGE_ALIGN_DOWN(p->p_offset),
			      object_segment_prot(obj, p));
		map_uncovered(set, object, b, file_end, end, PLAN_NO_FILE, 0,
			      object_segment_prot(obj, p));
	}
}

static bool
baseline_fits(const struct index_record *r, uint64_t layout)
{
	return r->relocated_id && r->relocated_layout == layout && r->abi_hash == abi_hash();
}

bool
pages_plan_object(struct page_set *set, uint32_t i, struct plan_writer *b, bool over_mapped)
{
	struct kept_object *k = &set->objects[i];
	struct index_record *r = &k->record;
	struct choice c = {.obj = k->obj, .plan_writer = b, .baseline_file = PLAN_NO_FILE};
	uint64_t pages, layout = layout_of(set, i, &pages);
	size_t mapped = 0;

	if (!over_mapped && !file_unchanged(&k->id, &r->id))
		plan_writer_input(b, PLAN_INPUT_REPLACED, k->path, &k->id);
	c.without = r->relocated_id ? REASON_OTHER_LAYOUT : REASON_BASELINE_GONE;
	if (k->obj->is_program) {
		/* a program is in no other closure: its pages go into the plan, unless they are so
		 * many that each launch would feel their share of the plan's checksum */
		if (pages <= PROGRAM_PAGES) {
			pages = 0;
			c.without = REASON_PROGRAM;
		}
		b->executable = plan_writer_file(b, k->path, &k->id);
	}
	/* baseline pages of another CPU or layout are left to those whom they serve */
	if (pages && !r->relocated_id && may_be_baseline(set, i, b) &&
	    !write_baseline(set, i, b, layout, pages))
		return false;
	if (pages && baseline_fits(r, layout)) {
		c.baseline = plan_writer_baseline(b, r->relocated_id, r->relocated_offset, pages,
						  &c.baseline_file, &mapped);
		c.baseline_offset = r->relocated_offset;
		c.without = REASON_BASELINE_GONE;
	}
	if (!over_mapped)
		map_plain_segments(set, i, b, plan_writer_file(b, r->path, &r->id));
	map_object_ranges(set, i, &c);
	if (c.baseline)
		sys_munmap((uintptr_t)c.baseline, mapped);
	return true;
}

void
pages_clear(struct page_set *set)
{
	for (uint32_t i = 0; i < set->nranges; i++)
		scratch_free(set->ranges[i].image, set->ranges[i].pages * page_size);
	scratch_free(set->ranges, set->ranges_capacity * sizeof(*set->ranges));
	set->ranges = NULL;
	set->nranges = set->ranges_capacity = set->nobjects = 0;
}

void
pages_free(struct page_set *set)
{
	pages_clear(set);
	scratch_free(set->objects, set->objects_capacity * sizeof(*set->objects));
	*set = (struct page_set){0};
}
