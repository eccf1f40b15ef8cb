/*
 * Publishing: a first launch puts into the store what the next ones map.
 *
 * Everything a page becomes before the C library boots is copied aside then (publish_begin),
 * because booting writes to libc's and the program's data. When the resolvers have answered, their
 * words are put into the copies, the copies are compared with the natural linked pages, and what is
 * new is written (publish_finish).
 */
#include "host/host.h"
#include "link/exports.h"
#include "link/relocate.h"
#include "store/builder.h"
#include "store/plan.h"
#include "sys/heap.h"

#define MAX_OBJECTS 2048

/* A run of pages that relocation (or the loader) changed, and what they hold. */
struct range {
	uintptr_t at;
	size_t pages;
	uint8_t *image;
	uint32_t object; /* index into the startup scope */
};

static struct {
	bool active;
	struct index_record
		*records; /* by index into the startup scope: of MAX_OBJECTS; hash all zero: none */
	struct object **objects;
	struct file_id *origins; /* the file under the path it was found at */
	const char **origin_paths;
	uint32_t count;
	struct range *ranges;
	uint32_t nranges, ranges_capacity;
	uint8_t *heap_image;
	size_t heap_size;
	struct late *late;
	uint32_t nlate;
	struct builder builder;
} pub;

bool
publishing(void)
{
	return pub.active;
}

static void
give_up(const char *why)
{
	store.why_not = why;
	pub.active = false;
	store_close(&store);
	if (launch.verbose)
		message_print(2, "xipld: nothing published: %s\n", why);
}

uintptr_t
publish_slot(struct object *obj, int *fd)
{
	uint32_t i = pub.count;

	if (!pub.records) {
		pub.records = scratch_alloc(MAX_OBJECTS * sizeof(*pub.records));
		pub.objects = scratch_alloc(MAX_OBJECTS * sizeof(*pub.objects));
		pub.origins = scratch_alloc(MAX_OBJECTS * sizeof(*pub.origins));
		pub.origin_paths = scratch_alloc(MAX_OBJECTS * sizeof(*pub.origin_paths));
	}
	if (!pub.records || !pub.objects || !pub.origins || !pub.origin_paths || i == MAX_OBJECTS) {
		give_up("out-of-memory");
		return 0;
	}
	pub.origin_paths[i] = obj->path;
	if (!store_slot(&store, obj, fd, &pub.records[i]) ||
	    sys_stat(obj->path, &pub.origins[i]) < 0) {
		give_up("object-not-storable");
		return 0;
	}
	pub.objects[i] = obj;
	pub.count++;
	return pub.records[i].slot;
}

void
publish_input(const char *path, const struct file_id *id)
{
	if (pub.active)
		builder_input(&pub.builder, path, id);
}

bool
publish_start(void)
{
	for (int n = 0; !pub.active && store_choose(&store, n); n++)
		pub.active = store_open_for_publishing(&store) && builder_init(&pub.builder);
	if (!pub.active && launch.verbose)
		message_print(2, "xipld: nothing will be published: %s\n", store.why_not);
	return pub.active;
}

void
publish_abandon(const char *why)
{
	if (pub.active)
		give_up(why);
}

/*
 * The interpreter relocates itself, but its last page ends in zeroes, as the kernel would have it,
 * not in the file's.
 *
 * Ranges of one object: writable segments' file pages, zero-fill pages that COPY relocations wrote,
 * patched pages.
 */
static void
add_range(uint32_t object, uintptr_t at, uintptr_t end)
{
	if (end <= at)
		return;
	if (pub.nranges == pub.ranges_capacity) {
		uint32_t larger = pub.ranges_capacity ? pub.ranges_capacity * 2 : 1024;
		struct range *list = scratch_alloc(larger * sizeof(*list));

		if (!list) {
			give_up("out-of-memory");
			return;
		}
		if (pub.ranges)
			memcpy(list, pub.ranges, pub.nranges * sizeof(*list));
		scratch_free(pub.ranges, pub.ranges_capacity * sizeof(*list));
		pub.ranges = list;
		pub.ranges_capacity = larger;
	}
	pub.ranges[pub.nranges++] = (struct range){at, (end - at) / page_size, NULL, object};
}

static bool
has_range(uint32_t object, uintptr_t page)
{
	for (uint32_t i = pub.nranges; i-- > 0 && pub.ranges[i].object == object;)
		if (page - pub.ranges[i].at < pub.ranges[i].pages * page_size)
			return true;
	return false;
}

static void
add_copied_pages(uint32_t object, const struct object *obj)
{
	for (uint32_t i = 0; i < world->ncopies; i++) {
		const struct copy *c = &world->copies[i];

		if (!c->size || !object_contains(obj, c->to))
			continue;
		for (uintptr_t page = PAGE_ALIGN_DOWN(c->to); page < c->to + c->size;
		     page += page_size)
			if (!has_range(object, page))
				add_range(object, page, page + page_size);
	}
}

static void
add_object_ranges(uint32_t index)
{
	const struct object *obj = pub.objects[index];

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = obj->base + p->p_vaddr;

		if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && p->p_filesz)
			add_range(index, PAGE_ALIGN_DOWN(at), PAGE_ALIGN_UP(at + p->p_filesz));
	}
	add_copied_pages(index, obj);
	if (obj->is_libc && world->patched.size)
		add_range(index, world->patched.at, world->patched.at + world->patched.size);
}

/* Why a closure cannot be kept, or NULL. */
static const char *
unshareable(void)
{
	for (uint32_t i = 0; i < pub.count; i++) {
		const struct object *obj = pub.objects[i];

		if (obj->type != ET_EXEC && obj->start != pub.records[i].slot)
			return "slot-taken";
		if (obj->textrel)
			return "text-relocations";
	}
	return heap_used() > HEAP_CHUNK / 2 ? "closure-too-large" : NULL;
}

static bool
copy_ranges(void)
{
	for (uint32_t i = 0; i < pub.nranges; i++) {
		struct range *r = &pub.ranges[i];

		r->image = scratch_alloc(r->pages * page_size);
		if (!r->image)
			return false;
		memcpy(r->image, (const void *)r->at, r->pages * page_size);
	}
	return true;
}

/* Resolvers outside libc may look at anything: a launch from the plan asks them again. */
static void
note_rechecks(void)
{
	uint32_t n = 0;

	world->recheck = heap_alloc((world->nlate + 1) * sizeof(*world->recheck));
	for (uint32_t i = 0; i < world->nlate; i++)
		if (!object_contains(world->libc, world->late[i].resolver))
			world->recheck[n++] = world->late[i];
	world->nrecheck = n;
}

static struct world *
kept_world(void)
{
	return (struct world *)(pub.heap_image + ((uintptr_t)world - heap_base()));
}

static bool
copy_heap(void)
{
	struct world *kept;

	pub.heap_size = PAGE_ALIGN_UP(heap_used());
	pub.heap_image = scratch_alloc(pub.heap_size);
	if (!pub.heap_image)
		return false;
	memcpy(pub.heap_image, (const void *)heap_base(), pub.heap_size);
	kept = kept_world();
	kept->nlate = 0;
	kept->late = NULL;
	kept->late_capacity = 0;
	kept->prelinked = true;
	kept->program_fd = -1;
	kept->program_path = NULL;
	return true;
}

void
publish_begin(void)
{
	const char *why = unshareable();

	if (why) {
		give_up(why);
		return;
	}
	for (uint32_t i = 0; i < pub.count; i++)
		add_object_ranges(i);
	note_rechecks();
	pub.nlate = world->nlate;
	pub.late = scratch_alloc((pub.nlate + 1) * sizeof(*pub.late));
	if (!pub.late || !copy_ranges() || !copy_heap()) {
		give_up("out-of-memory");
		return;
	}
	memcpy(pub.late, world->late, pub.nlate * sizeof(*pub.late));
}

/* Does the answer hold in every process of the epoch? The vDSO's functions lie elsewhere each time.
 */
static bool
is_lasting(uintptr_t value)
{
	for (uint32_t i = 0; i < pub.count; i++)
		if (value - pub.objects[i]->start < pub.objects[i]->end - pub.objects[i]->start)
			return true;
	return value - world->stubs < exports_stub_size() || value == 0;
}

/* What to write into a shared page for an answer that is this process's own: a stub, or the
 * question again. */
static uint64_t
stand_in(const struct late *l, uint64_t value)
{
	struct world *kept = kept_world();
	uint32_t n = 0;

	while (n < kept->nprocess_functions && kept->process_functions[n] != l->resolver)
		n++;
	if ((l->kind == RELOC_ADDRESS || l->kind == RELOC_FUNCTION) && l->addend == 0 &&
	    n < PROCESS_FUNCTIONS) {
		kept->process_functions[n] = l->resolver;
		if (n == kept->nprocess_functions)
			kept->nprocess_functions++;
		return export_process_function(n);
	}
	/* note_rechecks left room for all */
	struct late *recheck =
		(struct late *)(pub.heap_image + ((uintptr_t)kept->recheck - heap_base()));

	recheck[kept->nrecheck++] = *l;
	return value;
}

static void
apply_answer(const struct late *l)
{
	for (uint32_t k = 0; k < pub.nranges; k++) {
		struct range *r = &pub.ranges[k];
		uint64_t value;

		if (l->place - r->at >= r->pages * page_size)
			continue;
		value = *(uint64_t *)l->place;
		*(uint64_t *)(r->image + (l->place - r->at)) =
			is_lasting(value) ? value : stand_in(l, value);
		return;
	}
}

/* Put what the resolvers answered into the copies. */
static void
apply_answers(void)
{
	for (uint32_t i = 0; i < pub.nlate; i++) {
		struct late l = pub.late[i];

		apply_answer(&l);
		l.place = relocate_copy_of(l.place);
		if (l.place)
			apply_answer(&l);
	}
}

/* What the ranges of an object look like: natural pages of another layout are of no use. */
static uint64_t
layout_of(uint32_t object, uint64_t *pages)
{
	uint64_t sum = 0;

	*pages = 0;
	for (uint32_t i = 0; i < pub.nranges; i++) {
		uint64_t words[2] = {pub.ranges[i].at, pub.ranges[i].pages};

		if (pub.ranges[i].object != object)
			continue;
		sum = hash_checksum(words, sizeof(words), sum);
		*pages += pub.ranges[i].pages;
	}
	return sum;
}

/* Write an object's pages as the natural ones, for this and every later closure. */
static bool
write_natural(struct index_record *r, uint32_t object, uint64_t layout, uint64_t pages)
{
	struct builder *b = &pub.builder;

	r->linked_layout = layout;
	r->linked_pages = pages;
	r->cpu = arch_cpu_identity();
	if (!builder_linked_begin(b, &r->linked_id, &r->linked_offset))
		return false;
	for (uint32_t i = 0; i < pub.nranges; i++)
		if (pub.ranges[i].object == object &&
		    !builder_linked_add(b, pub.ranges[i].image, pub.ranges[i].pages))
			return false;
	store_update_record(&store, r);
	return true;
}

/* Where each page of a range can be had from; the longest run decides. */
struct choice {
	const struct range *range;
	const uint8_t *natural; /* NULL: none */
	uint32_t natural_file;
	uint64_t natural_offset;
	int prot;
	uintptr_t relro_end; /* pages below it (and at or above relro_start) are read-only */
	uintptr_t relro_start;
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

static void
map_range(const struct choice *c)
{
	const struct range *r = c->range;
	struct builder *b = &pub.builder;

	for (size_t p = 0; p < r->pages;) {
		uintptr_t at = r->at + p * page_size;
		size_t left = same_protection(c, at, r->pages - p), run = 0;
		const uint8_t *image = r->image + p * page_size;

		if (c->natural)
			run = equal_run(image, c->natural + p * page_size, left);
		if (run) {
			builder_map(b, at, run * page_size, c->natural_file,
				    c->natural_offset + p * page_size, protection_at(c, at));
			p += run;
			continue;
		}
		for (run = 1; run < left && c->natural; run++)
			if (equal_run(image + run * page_size, c->natural + (p + run) * page_size,
				      1))
				break;
		if (!c->natural)
			run = left;
		builder_closure(b, at, image, run, protection_at(c, at));
		p += run;
	}
}

/*
 * ld.so has yet to write: into its own RELRO part, and into libc's if IRELATIVE words lie there. It
 * protects its own. With musl, the program's copies of libc's variables are made when libc has set
 * them.
 */
static bool
relro_waits(const struct object *obj)
{
	return obj->is_interp || (obj->is_libc && world->libc_relro_late) ||
	       (obj->is_program && world->host == HOST_MUSL);
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

static void
map_object_ranges(uint32_t object, const uint8_t *natural, uint32_t natural_file,
		  uint64_t natural_offset)
{
	const struct object *obj = pub.objects[object];
	uint64_t done = 0;

	for (uint32_t i = 0; i < pub.nranges; i++) {
		const struct range *r = &pub.ranges[i];
		struct choice c = {.range = r, .natural_file = natural_file};

		if (r->object != object)
			continue;
		c.natural = natural ? natural + done * page_size : NULL;
		c.natural_offset = natural_offset + done * page_size;
		c.prot = range_protection(obj, r);
		if (!relro_waits(obj)) {
			c.relro_start = obj->relro.at;
			c.relro_end = obj->relro.at + obj->relro.size;
		}
		map_range(&c);
		done += r->pages;
	}
}

/* The first range of the object that ends behind `at`, or NULL. */
static const struct range *
next_range(uint32_t object, uintptr_t at)
{
	const struct range *best = NULL;

	for (uint32_t i = 0; i < pub.nranges; i++) {
		const struct range *r = &pub.ranges[i];

		if (r->object == object && r->at + r->pages * page_size > at &&
		    (!best || r->at < best->at))
			best = r;
	}
	return best;
}

/* The pages of [at, end) that no range covers, from `file` (or none: zero-fill). */
static void
map_uncovered(uint32_t object, uintptr_t at, uintptr_t end, uint32_t file, uint64_t offset,
	      int prot)
{
	uintptr_t start = at;

	while (at < end) {
		const struct range *r = next_range(object, at);
		uintptr_t stop = r && r->at < end ? r->at : end;

		if (stop > at)
			builder_map(&pub.builder, at, stop - at, file, offset + (at - start), prot);
		at = stop < end ? r->at + r->pages * page_size : end;
	}
}

static void
map_plain_segments(uint32_t object, uint32_t file)
{
	const struct object *obj = pub.objects[object];

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = PAGE_ALIGN_DOWN(obj->base + p->p_vaddr);
		uintptr_t file_end = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_filesz);
		uintptr_t end = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_memsz);

		if (p->p_type != PT_LOAD || p->p_memsz == 0)
			continue;
		if (p->p_filesz == 0)
			file_end = at;
		map_uncovered(object, at, file_end, file, PAGE_ALIGN_DOWN(p->p_offset),
			      object_segment_prot(obj, p));
		map_uncovered(object, file_end, end, PLAN_NO_FILE, 0, object_segment_prot(obj, p));
	}
}

/* One object into the plan: its file's pages, then its linked ones. */
static bool
plan_object(uint32_t i)
{
	struct builder *b = &pub.builder;
	struct index_record *r = &pub.records[i];
	uint64_t pages, layout = layout_of(i, &pages);
	const uint8_t *natural = NULL;
	uint32_t file = builder_file(b, r->path, &r->id), natural_file = PLAN_NO_FILE;
	size_t mapped = 0;

	if (!file_unchanged(&pub.origins[i], &r->id))
		builder_input(b, pub.origin_paths[i], &pub.origins[i]);
	if (pub.objects[i]->is_program) {
		/* a program is in no other closure: its pages go into the plan */
		pages = 0;
		b->executable = builder_file(b, pub.origin_paths[i], &pub.origins[i]);
	}
	if (pages &&
	    (!r->linked_id || r->linked_layout != layout || r->cpu != arch_cpu_identity())) {
		if (r->linked_id) {
			/* another CPU's or layout's: leave those to whom they serve */
		} else if (!write_natural(r, i, layout, pages)) {
			return false;
		}
	}
	if (pages && r->linked_id && r->linked_layout == layout && r->cpu == arch_cpu_identity())
		natural = builder_natural(b, r->linked_id, r->linked_offset, pages, &natural_file,
					  &mapped);
	map_plain_segments(i, file);
	map_object_ranges(i, natural, natural_file, r->linked_offset);
	if (natural && mapped)
		sys_munmap((uintptr_t)natural, mapped);
	return true;
}

static bool
build(void)
{
	static char key[16384];
	struct builder *b = &pub.builder;
	size_t key_size = plan_key(world->program->path, key, sizeof(key));

	if (key_size >= sizeof(key))
		return false;
	for (uint32_t i = 0; i < pub.count; i++)
		if (!plan_object(i))
			return false;
	builder_stubs(b, world->stubs);
	return builder_write(b, key, key_size, pub.heap_image, heap_base(), pub.heap_size,
			     (uintptr_t)world);
}

void
publish_finish(void)
{
	apply_answers();
	if (build())
		launch.plan = "published";
	else
		builder_discard(&pub.builder);
	if (launch.verbose && !streq(launch.plan, "published"))
		message_print(2, "xipld: nothing published: store-unwritable\n");
	pub.active = false;
	for (uint32_t i = 0; i < pub.nranges; i++)
		scratch_free(pub.ranges[i].image, pub.ranges[i].pages * page_size);
	scratch_free(pub.ranges, pub.ranges_capacity * sizeof(*pub.ranges));
	scratch_free(pub.heap_image, pub.heap_size);
	scratch_free(pub.late, (pub.nlate + 1) * sizeof(*pub.late));
	scratch_free(pub.records, MAX_OBJECTS * sizeof(*pub.records));
	scratch_free(pub.objects, MAX_OBJECTS * sizeof(*pub.objects));
	scratch_free(pub.origins, MAX_OBJECTS * sizeof(*pub.origins));
	scratch_free(pub.origin_paths, MAX_OBJECTS * sizeof(*pub.origin_paths));
	store_close(&store);
}
