#include "cache/store/replace_file.h"
#include "cache/plan/plan_writer.h"
#include "base/file_policy.h"
#include "rtld/stubs.h"
#include "base/heap.h"
#define TRIED_LATELY 64 /* entries among which a string is looked for again */

static void *
grow(struct plan_writer *b, struct buffer *g, size_t size)
{
	if (g->size + size > g->capacity) {
		size_t larger = g->capacity ? g->capacity * 2 : 65536;
		char *fresh;

		while (larger < g->size + size)
			larger *= 2;
		fresh = scratch_alloc(larger);
		if (!fresh) {
			b->failed = true;
			return NULL;
		}
		if (g->bytes)
			memcpy(fresh, g->bytes, g->size);
		scratch_free(g->bytes, g->capacity);
		g->bytes = fresh;
		g->capacity = larger;
	}
	g->size += size;
	return g->bytes + g->size - size;
}

static uint32_t
add_string(struct plan_writer *b, const char *s)
{
	size_t len = strlen(s) + 1, at = b->strings.size;
	char *to = grow(b, &b->strings, len);

	if (to)
		memcpy(to, s, len);
	return (uint32_t)at;
}

/* The last string if it is this one: notes of one object follow each other. */
static uint32_t
find_string(struct plan_writer *b, const char *s)
{
	if (b->notes.size) {
		struct plan_note *last = (struct plan_note *)(b->notes.bytes + b->notes.size) - 1;

		if (streq(b->strings.bytes + last->path, s))
			return last->path;
	}
	return add_string(b, s);
}

bool
plan_writer_init(struct plan_writer *b)
{
	memset(b, 0, sizeof(*b));
	b->everybody = true;
	for (int which = 0; which < RELOCATED_COUNT; which++)
		b->relocated[which].fd = -1;
	return true;
}

void
plan_writer_input(struct plan_writer *b, enum plan_input_kind kind, const char *path,
		  const struct file_id *id)
{
	struct plan_input *in;
	uint32_t name;

	for (size_t i = 0; i < b->inputs.size / sizeof(*in); i++) {
		in = (struct plan_input *)b->inputs.bytes + i;
		if (streq(b->strings.bytes + in->path, path) && in->kind == (uint32_t)kind)
			return;
	}
	name = add_string(b, path);
	in = grow(b, &b->inputs, sizeof(*in));
	if (!in)
		return;
	*in = (struct plan_input){.path = name, .kind = (uint32_t)kind};
	if (id && !options.link_seed) /* else whoever imports the image will know */
		in->id = *id;
}

void
plan_writer_lookup(struct plan_writer *b, const char *name, const char *path)
{
	struct plan_lookup *l;
	uint32_t offset = add_string(b, name), answer = add_string(b, path);

	l = grow(b, &b->lookups, sizeof(*l));
	if (l)
		*l = (struct plan_lookup){offset, answer};
}

/* The directories are few, and a name is tried in one after the other. */
void
plan_writer_tried(struct plan_writer *b, const char *directory, const char *name)
{
	const size_t count = b->tried.size / sizeof(struct plan_tried);
	uint32_t in = UINT32_MAX, of = UINT32_MAX;
	struct plan_tried *t = (struct plan_tried *)b->tried.bytes;

	for (size_t i = count > TRIED_LATELY ? count - TRIED_LATELY : 0; i < count; i++) {
		if (streq(b->strings.bytes + t[i].directory, directory))
			in = t[i].directory;
		if (streq(b->strings.bytes + t[i].name, name))
			of = t[i].name;
	}
	in = in == UINT32_MAX ? add_string(b, directory) : in;
	of = of == UINT32_MAX ? add_string(b, name) : of;
	t = grow(b, &b->tried, sizeof(*t));
	if (t)
		*t = (struct plan_tried){in, of};
}

uint32_t
plan_writer_file(struct plan_writer *b, const char *path, const struct file_id *id)
{
	struct plan_file *f;
	uint32_t name;

	for (size_t i = 0; i < b->files.size / sizeof(*f); i++) {
		f = (struct plan_file *)b->files.bytes + i;
		if (streq(b->strings.bytes + f->path, path))
			return (uint32_t)i;
	}
	name = add_string(b, path);
	f = grow(b, &b->files, sizeof(*f));
	if (!f)
		return 0;
	*f = (struct plan_file){.path = name};
	if (!options.link_seed) /* else whoever imports the image will know */
		f->id = *id;
	return (uint32_t)(b->files.size / sizeof(*f) - 1);
}

void
plan_writer_map(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset,
		int prot)
{
	struct plan_map *m = NULL;

	if (b->maps.size)
		m = (struct plan_map *)(b->maps.bytes + b->maps.size) - 1;
	if (m && m->file == file && m->prot == (uint32_t)prot && m->address + m->size == at &&
	    (file == PLAN_NO_FILE || m->offset + m->size == offset)) {
		m->size += size;
		return;
	}
	m = grow(b, &b->maps, sizeof(*m));
	if (m)
		*m = (struct plan_map){at, size, offset, file, (uint32_t)prot};
}

void
plan_writer_map_file(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file,
		     uint64_t offset, int prot)
{
	const struct plan_file *f = (const struct plan_file *)b->files.bytes + file;
	struct xip_extents runs = {0};
	struct file_id id;

	if (file != PLAN_NO_FILE)
		runs = file_extents(&f->id);
	if (!runs.count || sys_stat(IMAGE_FILE, &id) < 0)
		plan_writer_map(b, at, size, file, offset, prot);
	else
		plan_writer_map_runs(b, at, size, file, offset, prot, &runs, &id);
}

void
plan_writer_map_runs(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file,
		     uint64_t offset, int prot, const struct xip_extents *runs,
		     const struct file_id *image_id)
{
	uint32_t image = plan_writer_file(b, IMAGE_FILE, image_id);

	while (size) {
		struct xip_piece p = xip_next(runs, offset, size);

		plan_writer_map(b, at, p.size, p.in_place ? image : file,
				p.in_place ? p.offset : offset, prot);
		at += p.size;
		offset += p.size;
		size -= p.size;
	}
}

static bool
relocated_exists(uint64_t id)
{
	char path[STORE_PATH + 64], name[32];
	struct file_id fid;

	message_format(name, sizeof(name), "%lx", id);
	store_path(&store, "relocated", name, path, sizeof(path));
	return store_stat(&store, path, &fid) == 0;
}

/* Random; for an image, from its seed: one program links one file of pages. */
static bool
choose_id(uint64_t *id)
{
	const char *path = rtld->program->path;

	if (!options.link_seed)
		return sys_call(__NR_getrandom, (long)id, sizeof(*id), 0, 0, 0, 0) ==
		       (long)sizeof(*id);
	*id = options.link_seed;
	do /* a program may be linked twice */
		*id = hash_checksum(path, strlen(path), *id) | 1UL << 63;
	while (relocated_exists(*id));
	return true;
}

bool
plan_writer_relocated_begin(struct plan_writer *b, int which, uint64_t *id, uint64_t *offset)
{
	struct pages_file *f = &b->relocated[which];
	char name[32];

	if (f->fd < 0) {
		if (!choose_id(&f->id))
			return false;
		f->id |= 1UL << 63; /* 16 digits, and never 0 */
		message_format(name, sizeof(name), "%lx", f->id);
		store_path(&store, "relocated", name, f->path, sizeof(f->path));
		message_format(f->temp, sizeof(f->temp), "%s.new", f->path);
		f->fd = store_open_file(&store, f->temp, SYS_O_RDWR | SYS_O_CREAT | SYS_O_EXCL,
					store_mode(which == RELOCATED_PUBLIC));
		if (f->fd < 0)
			return false;
	}
	*id = f->id;
	*offset = f->size;
	return true;
}

bool
plan_writer_relocated_add(struct plan_writer *b, int which, const uint8_t *image, size_t pages)
{
	if (!store_write(b->relocated[which].fd, image, pages * page_size))
		return false;
	b->relocated[which].size += pages * page_size;
	return true;
}

void
plan_writer_closure(struct plan_writer *b, uintptr_t at, const uint8_t *image, size_t pages,
		    int prot)
{
	size_t offset = b->closure.size;
	uint64_t id, place;
	char *to;

	if (options.link_seed) {
		/* in an image these are mapped as all relocated pages are */
		if (!plan_writer_relocated_begin(b, RELOCATED_PUBLIC, &id, &place) ||
		    !plan_writer_relocated_add(b, RELOCATED_PUBLIC, image, pages))
			b->failed = true;
		else
			plan_writer_map(b, at, pages * page_size,
					BUILD_LINKED_FILE(RELOCATED_PUBLIC), place, prot);
		return;
	}
	to = grow(b, &b->closure, pages * page_size);
	if (!to)
		return;
	memcpy(to, image, pages * page_size);
	plan_writer_map(b, at, pages * page_size, PLAN_SELF, offset, prot);
}

/* The file of pages that a record names. Returns a descriptor, or -1. */
static int
open_baseline(uint64_t id, char *path, size_t size, struct file_id *fid)
{
	char name[32];
	int fd;

	if (id == STORE_RELOCATED_IN_IMAGE) {
		message_format(path, size, "%s", IMAGE_FILE);
		return file_open_image(fid);
	}
	message_format(name, sizeof(name), "%lx", id);
	store_path(&store, "relocated", name, path, size);
	fd = store_open_file(&store, path, SYS_O_RDONLY, 0);
	if (fd >= 0 && (sys_fstat(fd, fid) < 0 || !store_trusts(fid))) {
		sys_close(fd);
		fd = -1;
	}
	return fd;
}

/* The file of pages that is being written under this id. */
static const struct pages_file *
own_relocated(const struct plan_writer *b, uint64_t id, uint32_t *number)
{
	for (int which = 0; which < RELOCATED_COUNT; which++) {
		*number = BUILD_LINKED_FILE(which);
		if (b->relocated[which].fd >= 0 && b->relocated[which].id == id)
			return &b->relocated[which];
	}
	return NULL;
}

const uint8_t *
plan_writer_baseline(struct plan_writer *b, uint64_t id, uint64_t offset, size_t pages,
		     uint32_t *file, size_t *mapped)
{
	const struct pages_file *own = own_relocated(b, id, file);
	char path[STORE_PATH + 64];
	struct file_id fid;
	long at;
	int fd;
	size_t size = pages * page_size;

	if (own) {
		fd = own->fd;
		fid.size = (int64_t)own->size;
	} else {
		fd = open_baseline(id, path, sizeof(path), &fid);
		if (fd < 0)
			return NULL;
		*file = plan_writer_file(b, path, &fid);
	}
	at = -22;
	if (offset <= (uint64_t)fid.size && size <= (uint64_t)fid.size - offset)
		at = sys_mmap(0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, offset);
	if (!own)
		sys_close(fd);
	*mapped = size;
	return sys_failed(at) ? NULL : (const uint8_t *)at;
}

void
plan_writer_note(struct plan_writer *b, const char *path, uintptr_t at, size_t pages,
		 enum plan_reason reason)
{
	uint32_t name = find_string(b, path);
	struct plan_note *n = grow(b, &b->notes, sizeof(*n));

	if (n)
		*n = (struct plan_note){at, (uint32_t)pages, reason, name, 0};
}

void
plan_writer_fixup(struct plan_writer *b, uint32_t object, enum plan_table table, uint64_t entry)
{
	struct plan_fixup *a = grow(b, &b->fixups, sizeof(*a));

	if (a)
		*a = (struct plan_fixup){object, table, entry};
}

void
plan_writer_depend(struct plan_writer *b, uint32_t object, uint64_t slot)
{
	struct plan_depend *d = grow(b, &b->depends, sizeof(*d));

	if (d)
		*d = (struct plan_depend){object, slot};
}

void
plan_writer_heap(struct plan_writer *b, const uint8_t *heap, uintptr_t at, size_t size,
		 uintptr_t stubs, uintptr_t rtld_at)
{
	b->heap = heap;
	b->heap_at = at;
	b->heap_size = size;
	b->stubs = stubs;
	b->rtld = rtld_at;
}

/* fsync and rename: what has its name is complete. */
static bool
name_relocated(struct plan_writer *b, int which)
{
	struct pages_file *f = &b->relocated[which];
	struct file_id id;
	uint32_t number;
	bool ok;

	if (f->fd < 0)
		return true;
	ok = sys_call(__NR_fsync, f->fd, 0, 0, 0, 0, 0) == 0 &&
	     store_rename(&store, f->temp, f->path) && sys_fstat(f->fd, &id) == 0;
	if (!ok) /* plan_writer_discard removes it */
		return false;
	sys_close(f->fd);
	f->fd = -1;
	number = plan_writer_file(b, f->path, &id);
	for (size_t i = 0; i < b->maps.size / sizeof(struct plan_map); i++) {
		struct plan_map *m = (struct plan_map *)b->maps.bytes + i;

		if (m->file == BUILD_LINKED_FILE(which))
			m->file = number;
	}
	return true;
}

/* Maps of one file stand together, in the order of first use: merge sort would do, but the count is
 * small. */
static bool
sort_maps(struct plan_writer *b)
{
	size_t count = b->maps.size / sizeof(struct plan_map), done = 0;
	struct plan_map *from = (struct plan_map *)b->maps.bytes;
	struct plan_map *to = scratch_alloc(b->maps.size + 1);

	if (!to)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint32_t file = from[i].file;

		if (from[i].size == 0)
			continue;
		for (size_t k = i; k < count; k++) {
			if (from[k].file != file || from[k].size == 0)
				continue;
			to[done++] = from[k];
			from[k].size = 0;
		}
	}
	memcpy(from, to, done * sizeof(*to));
	b->maps.size = done * sizeof(*to);
	scratch_free(to, count * sizeof(*to) + 1);
	return true;
}

static struct plan_part
place(size_t *at, size_t size, size_t entry)
{
	struct plan_part part = {*at, size / entry};

	*at = (*at + size + 7) & ~7UL;
	return part;
}

/* Where the plan's parts lie in its file. */
struct layout {
	size_t stubs, stubs_size, closure;
	struct plan_header header;
};

static void
lay_out(const struct plan_writer *b, struct layout *l, size_t key_size)
{
	struct plan_header *h = &l->header;
	size_t at;

	l->stubs = page_size + b->heap_size;
	l->stubs_size = b->heap ? stubs_stub_size() : 0;
	l->closure = l->stubs + l->stubs_size;
	at = h->tables = l->closure + b->closure.size;
	h->key = place(&at, key_size, 1);
	h->inputs = place(&at, b->inputs.size, sizeof(struct plan_input));
	h->lookups = place(&at, b->lookups.size, sizeof(struct plan_lookup));
	h->tried = place(&at, b->tried.size, sizeof(struct plan_tried));
	h->files = place(&at, b->files.size, sizeof(struct plan_file));
	h->maps = place(&at, b->maps.size, sizeof(struct plan_map));
	h->fixups = place(&at, b->fixups.size, sizeof(struct plan_fixup));
	h->depends = place(&at, b->depends.size, sizeof(struct plan_depend));
	h->notes = place(&at, b->notes.size, sizeof(struct plan_note));
	h->strings = place(&at, b->strings.size, 1);
	h->dlsyms = place(&at, 0, sizeof(struct plan_dlsym));
	h->prefault = place(&at, 0, sizeof(struct plan_prefault));
	h->size = at;
}

static void
put(char *bytes, const struct plan_part *part, const struct buffer *g)
{
	if (g->size)
		memcpy(bytes + part->offset, g->bytes, g->size);
}

static void
fill_plan(const struct plan_writer *b, const struct layout *l, char *bytes, const char *key)
{
	const struct plan_header *h = &l->header;

	if (b->heap) {
		memcpy(bytes + page_size, b->heap, b->heap_size);
		memcpy(bytes + l->stubs, (const void *)stubs_stub_start(), l->stubs_size);
	}
	put(bytes, &(struct plan_part){l->closure, 0}, &b->closure);
	memcpy(bytes + h->key.offset, key, h->key.count);
	put(bytes, &h->inputs, &b->inputs);
	put(bytes, &h->lookups, &b->lookups);
	put(bytes, &h->tried, &b->tried);
	put(bytes, &h->files, &b->files);
	put(bytes, &h->maps, &b->maps);
	put(bytes, &h->fixups, &b->fixups);
	put(bytes, &h->depends, &b->depends);
	put(bytes, &h->notes, &b->notes);
	put(bytes, &h->strings, &b->strings);
}

static bool
write_plan(struct plan_writer *b, const char *path, const char *key, size_t key_size,
	   uint64_t *plan_id)
{
	struct layout l = {.header = {
				   .version = STORE_VERSION,
				   .machine = ARCH_MACHINE,
				   .page_size = page_size,
				   .kind = b->heap ? PLAN_CLOSURE : PLAN_DLOPEN,
				   .executable = b->executable,
				   .heap = b->heap_at,
				   .heap_size = b->heap_size,
				   .rtld = b->rtld,
			   }};
	struct plan_header *h;
	char *bytes;
	bool ok;

	if (b->heap)
		plan_writer_map(b, b->stubs, stubs_stub_size(), PLAN_SELF, UINT64_MAX,
				SYS_PROT_READ | SYS_PROT_EXEC);
	if (b->failed || !sort_maps(b))
		return false;
	lay_out(b, &l, key_size);
	for (size_t i = 0; i < l.header.maps.count; i++) {
		struct plan_map *m = (struct plan_map *)b->maps.bytes + i;

		if (m->file == PLAN_SELF)
			m->offset = m->offset == UINT64_MAX ? l.stubs : l.closure + m->offset;
	}
	bytes = scratch_alloc(l.header.size);
	if (!bytes)
		return false;
	h = (struct plan_header *)bytes;
	*h = l.header;
	memcpy(h->magic, PLAN_MAGIC, sizeof(h->magic));
	fill_plan(b, &l, bytes, key);
	h->plan_id = plan_checksum(h, bytes + page_size, h->size - page_size);
	h->checksum = plan_checksum(h, bytes + page_size, h->size - page_size);
	if (plan_id)
		*plan_id = h->plan_id;
	ok = replace_file(path, bytes, l.header.size, store_mode(b->everybody));
	scratch_free(bytes, l.header.size);
	return ok;
}

bool
plan_writer_write(struct plan_writer *b, const char *key, size_t key_size, uint64_t *plan_id)
{
	char path[STORE_PATH + 64];

	if (!name_relocated(b, RELOCATED_PUBLIC) || !name_relocated(b, RELOCATED_PRIVATE) ||
	    !store_write_index(&store))
		return false;
	if (plan_id)
		plan_make_room(&store, key, key_size);
	plan_file(&store, key, key_size, 0, path, sizeof(path));
	return write_plan(b, path, key, key_size, plan_id);
}

static void
discard(struct buffer *g)
{
	scratch_free(g->bytes, g->capacity);
	*g = (struct buffer){0};
}

void
plan_writer_discard(struct plan_writer *b)
{
	struct buffer *all[] = {&b->inputs,  &b->files, &b->maps,    &b->fixups,
				&b->depends, &b->notes, &b->strings, &b->closure};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		discard(all[i]);
	for (int which = 0; which < RELOCATED_COUNT; which++) {
		struct pages_file *f = &b->relocated[which];

		if (f->fd < 0)
			continue;
		sys_close(f->fd);
		store_remove(&store, f->temp);
		f->fd = -1;
	}
}
