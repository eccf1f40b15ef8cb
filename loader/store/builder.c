#include "store/builder.h"
#include "link/exports.h"
#include "sys/heap.h"

static void *
grow(struct builder *b, struct growing *g, size_t size)
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
add_string(struct builder *b, const char *s)
{
	size_t len = strlen(s) + 1, at = b->strings.size;
	char *to = grow(b, &b->strings, len);

	if (to)
		memcpy(to, s, len);
	return (uint32_t)at;
}

bool
builder_init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	for (int i = 0; i < BUILD_KINDS; i++)
		b->pages[i].fd = -1;
	return true;
}

void
builder_input(struct builder *b, const char *path, const struct file_id *id)
{
	struct plan_input *in;
	uint32_t name;

	for (size_t i = 0; i < b->inputs.size / sizeof(*in); i++) {
		in = (struct plan_input *)b->inputs.bytes + i;
		if (streq(b->strings.bytes + in->path, path))
			return;
	}
	name = add_string(b, path);
	in = grow(b, &b->inputs, sizeof(*in));
	if (!in)
		return;
	*in = (struct plan_input){.path = name, .absent = !id};
	if (id)
		in->id = *id;
}

uint32_t
builder_file(struct builder *b, const char *path, const struct file_id *id)
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
	*f = (struct plan_file){.path = name, .id = *id};
	return (uint32_t)(b->files.size / sizeof(*f) - 1);
}

void
builder_map(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset, int prot)
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

bool
builder_pages_begin(struct builder *b, enum build_kind kind, uint64_t *id, uint64_t *offset)
{
	static const char subs[BUILD_KINDS][8] = {"linked", "closure"};
	struct pages_file *f = &b->pages[kind];
	char name[32];

	if (f->fd < 0) {
		if (sys_call(__NR_getrandom, (long)&f->id, sizeof(f->id), 0, 0, 0, 0) != (long)sizeof(f->id))
			return false;
		f->id |= 1UL << 63; /* 16 digits, and never 0 */
		message_format(name, sizeof(name), "%lx", f->id);
		store_path(&store, subs[kind], name, f->path, sizeof(f->path));
		message_format(f->temp, sizeof(f->temp), "%s.new", f->path);
		f->fd = sys_open(f->temp, SYS_O_RDWR | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
		if (f->fd < 0)
			return false;
	}
	*id = f->id;
	*offset = f->size;
	return true;
}

bool
builder_pages_add(struct builder *b, enum build_kind kind, const uint8_t *image, size_t pages)
{
	struct pages_file *f = &b->pages[kind];

	if (!store_write(f->fd, image, pages * page_size))
		return false;
	f->size += pages * page_size;
	return true;
}

const uint8_t *
builder_natural(struct builder *b, uint64_t id, uint64_t offset, size_t pages, uint32_t *file, size_t *mapped)
{
	struct pages_file *own = &b->pages[BUILD_LINKED];
	char path[STORE_PATH + 64], name[32];
	struct file_id fid;
	int fd = own->fd;
	long at;
	size_t size = pages * page_size;

	if (own->fd >= 0 && own->id == id) {
		*file = BUILD_FILE(BUILD_LINKED);
		fid.size = (int64_t)own->size;
	} else {
		message_format(name, sizeof(name), "%lx", id);
		store_path(&store, "linked", name, path, sizeof(path));
		fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
		if (fd < 0)
			return NULL;
		if (sys_fstat(fd, &fid) < 0 || !store_trusts(&fid)) {
			sys_close(fd);
			return NULL;
		}
		*file = builder_file(b, path, &fid);
	}
	at = -22;
	if (offset <= (uint64_t)fid.size && size <= (uint64_t)fid.size - offset)
		at = sys_mmap(0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, offset);
	if (fd != own->fd)
		sys_close(fd);
	*mapped = size;
	return sys_failed(at) ? NULL : (const uint8_t *)at;
}

void
builder_stubs(struct builder *b, uintptr_t at)
{
	b->stubs = at;
}

/* fsync and rename: what has its name is complete. Returns the file's number in the plan, or none if nothing was written. */
static bool
name_pages(struct builder *b, enum build_kind kind)
{
	struct pages_file *f = &b->pages[kind];
	struct file_id id;
	uint32_t number;
	bool ok;

	if (f->fd < 0)
		return true;
	ok = sys_call(__NR_fsync, f->fd, 0, 0, 0, 0, 0) == 0 &&
	     sys_call(__NR_renameat2, SYS_AT_FDCWD, (long)f->temp, SYS_AT_FDCWD, (long)f->path, 0, 0) == 0 &&
	     sys_fstat(f->fd, &id) == 0;
	sys_close(f->fd);
	f->fd = -1;
	if (!ok)
		return false;
	number = builder_file(b, f->path, &id);
	for (size_t i = 0; i < b->maps.size / sizeof(struct plan_map); i++) {
		struct plan_map *m = (struct plan_map *)b->maps.bytes + i;

		if (m->file == BUILD_FILE(kind))
			m->file = number;
	}
	return true;
}

/* Maps of one file stand together, in the order of first use: merge sort would do, but the count is small. */
static bool
sort_maps(struct builder *b)
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
	scratch_free(to, b->maps.size + 1);
	return true;
}

static struct plan_part
place(size_t *at, size_t size, size_t entry)
{
	struct plan_part part = {*at, size / entry};

	*at = (*at + size + 7) & ~7UL;
	return part;
}

static bool
write_plan(struct builder *b, const char *path, const char *key, size_t key_size, const uint8_t *heap,
	   uintptr_t heap_at, size_t heap_size, uintptr_t world_at)
{
	struct plan_header *h;
	size_t at = sizeof(*h), heap_offset, stubs_offset, size;
	size_t stubs_size = exports_stub_size();
	char *bytes;
	bool ok;
	int fd;
	struct plan_part k, in, fi, ma, st;

	/* these two are the last maps, so that all tables have their final size */
	builder_map(b, heap_at, heap_size, PLAN_SELF, 0, SYS_PROT_READ | SYS_PROT_WRITE);
	builder_map(b, b->stubs, stubs_size, PLAN_SELF, 0, SYS_PROT_READ | SYS_PROT_EXEC);
	if (b->failed || !sort_maps(b))
		return false;
	k = place(&at, key_size, 1);
	in = place(&at, b->inputs.size, sizeof(struct plan_input));
	fi = place(&at, b->files.size, sizeof(struct plan_file));
	ma = place(&at, b->maps.size, sizeof(struct plan_map));
	st = place(&at, b->strings.size, 1);
	heap_offset = PAGE_ALIGN_UP(at);
	stubs_offset = heap_offset + heap_size;
	size = stubs_offset + stubs_size;
	bytes = scratch_alloc(size);
	if (!bytes)
		return false;
	for (size_t i = 0; i < ma.count; i++) {
		struct plan_map *m = (struct plan_map *)b->maps.bytes + i;

		if (m->file == PLAN_SELF)
			m->offset = m->address == heap_at ? heap_offset : stubs_offset;
	}
	h = (struct plan_header *)bytes;
	*h = (struct plan_header){
		.size = size,
		.version = STORE_VERSION,
		.machine = ARCH_MACHINE,
		.page_size = page_size,
		.heap = heap_at,
		.heap_size = heap_size,
		.heap_offset = heap_offset,
		.stubs = b->stubs,
		.world = world_at,
		.program = b->program,
		.executable = b->executable,
		.key = k,
		.inputs = in,
		.files = fi,
		.maps = ma,
		.strings = st,
	};
	memcpy(h->magic, PLAN_MAGIC, sizeof(h->magic));
	memcpy(bytes + k.offset, key, key_size);
	memcpy(bytes + in.offset, b->inputs.bytes, b->inputs.size);
	memcpy(bytes + fi.offset, b->files.bytes, b->files.size);
	memcpy(bytes + ma.offset, b->maps.bytes, b->maps.size);
	memcpy(bytes + st.offset, b->strings.bytes, b->strings.size);
	memcpy(bytes + heap_offset, heap, heap_size);
	memcpy(bytes + stubs_offset, (const void *)exports_stub_start(), stubs_size);
	h->checksum = hash_checksum(&h->size, size - offsetof(struct plan_header, size), 0);
	fd = sys_open(path, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
	ok = fd >= 0 && store_write(fd, bytes, size) && sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;
	if (fd >= 0)
		sys_close(fd);
	scratch_free(bytes, size);
	return ok;
}

bool
builder_write(struct builder *b, const char *key, size_t key_size, const uint8_t *heap, uintptr_t heap_at,
	      size_t heap_size, uintptr_t world_at)
{
	char name[17], path[STORE_PATH + 64], temp[STORE_PATH + 64];
	bool ok;

	if (!name_pages(b, BUILD_LINKED) || !name_pages(b, BUILD_CLOSURE) || !store_write_index(&store))
		return false;
	plan_name(key, key_size, name);
	message_format(path, sizeof(path), "%s/plans/%s", store.dir, name);
	message_format(temp, sizeof(temp), "%s.new", path);
	sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	ok = write_plan(b, temp, key, key_size, heap, heap_at, heap_size, world_at) &&
	     sys_call(__NR_renameat2, SYS_AT_FDCWD, (long)temp, SYS_AT_FDCWD, (long)path, 0, 0) == 0;
	if (!ok)
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	return ok;
}

void
builder_discard(struct builder *b)
{
	for (int i = 0; i < BUILD_KINDS; i++) {
		if (b->pages[i].fd < 0)
			continue;
		sys_close(b->pages[i].fd);
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)b->pages[i].temp, 0, 0, 0, 0);
		b->pages[i].fd = -1;
	}
}
