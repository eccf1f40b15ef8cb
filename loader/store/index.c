/* The index of objects: which content has which slot, and which file it is mapped from. */
#include "host/host.h"
#include "image/image.h"
#include "store/huge.h"
#include "store/plan.h"
#include "store/store.h"
#include "sys/heap.h"

#define FICLONE 0x40049409UL

/* Of the region's beginning (format.h): kept for the C library; bytes of what is small. */
#define LOW_KEPT 0x280000UL
#define LOW_SMALL 0x40000UL

/* The index in memory while this process publishes. */
static struct {
	struct index_record *list;
	uint32_t count, capacity;
	bool loaded, changed;
	uint64_t next_slot; /* the lowest free address above the heap */
	uint64_t low_end; /* the end of what is free below the stubs */
} table;

static void
keep(const struct index_record *r)
{
	struct index_record *list =
		scratch_grow(table.list, &table.capacity, table.count + 1, sizeof(*list));

	if (!list)
		return;
	table.list = list;
	table.list[table.count++] = *r;
	if (r->slot && r->slot < table.low_end)
		table.low_end = r->slot;
	if (r->slot && r->slot + r->span > table.next_slot)
		table.next_slot = r->slot + r->span;
}

static void
load(struct store *s)
{
	char path[STORE_PATH + 64];
	struct index_record r;
	struct file_id id;
	int fd;

	table.loaded = true;
	table.next_slot = s->base + REGION_SLOTS;
	table.low_end = s->base + REGION_LOW_END;
	store_path(s, "index", "", path, sizeof(path));
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sys_fstat(fd, &id) == 0 && store_trusts(&id))
		while (sys_read(fd, &r, sizeof(r)) == (long)sizeof(r))
			if (format_record_is_sound(&r, s->base, s->size))
				keep(&r);
	sys_close(fd);
}

/* May pages be mapped from this file for as long as the store lives? Root's own, that nobody else
 * can write. */
static bool
stays_as_it_is(const struct file_id *id)
{
	return (id->uid == 0 && !(id->mode & 022)) || image_keeps(id);
}

static bool
hash_file(int fd, const struct file_id *id, uint8_t hash[HASH_SIZE])
{
	long at = sys_mmap(0, (size_t)id->size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);

	if (sys_failed(at))
		return false;
	hash_content((const void *)at, (size_t)id->size, hash);
	sys_munmap((uintptr_t)at, PAGE_ALIGN_UP((size_t)id->size));
	if (image_keeps(id)) /* most of it is mapped from the image */
		sys_call(__NR_fadvise64, fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */, 0, 0);
	return true;
}

static bool
copy_file(int from, int to, uint64_t size)
{
	int64_t offset = 0;

	if (sys_call(__NR_ioctl, to, FICLONE, from, 0, 0, 0) == 0)
		return true;
	while ((uint64_t)offset < size)
		if (sys_call(__NR_sendfile, to, from, (long)&offset,
			     (long)(size - (uint64_t)offset), 0, 0) <= 0)
			return false;
	return true;
}

/* Put a file's content into the store: hard link, else reflink, else copy. Returns its path in
 * r->path. */
static bool
make_canonical(const struct store *s, const char *path, int fd, struct index_record *r)
{
	char name[2 * HASH_SIZE + 1], at[STORE_PATH + 160], temp[STORE_PATH + 160];
	struct file_id id;
	int to;
	bool ok;

	hash_text(r->hash, name);
	store_path(s, "objects", name, at, sizeof(at));
	if (strlen(at) >= sizeof(r->path))
		return false;
	memcpy(r->path, at, strlen(at) + 1);
	if (sys_stat(at, &r->id) == 0 && r->id.size > 0)
		return true; /* it was here: rename put it there whole */
	message_format(temp, sizeof(temp), "%s.%d", at, sys_getpid());
	sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	/*
	 * A link only of what we own, as another owner could write to it for ever; and not of the
	 * system's files, whose ctime the link would change, and with that make other stores' plans
	 * stale.
	 */
	if (sys_fstat(fd, &id) == 0 && !stays_as_it_is(&id) && store_trusts(&id) &&
	    sys_call(__NR_linkat, SYS_AT_FDCWD, (long)path, SYS_AT_FDCWD, (long)temp, 0x400, 0) ==
		    0) {
		ok = true;
	} else {
		to = sys_open(temp, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
		if (to < 0)
			return false;
		ok = copy_file(fd, to, (uint64_t)id.size) &&
		     sys_call(__NR_fsync, to, 0, 0, 0, 0, 0) == 0;
		sys_close(to);
	}
	ok = ok && sys_rename(temp, at) == 0;
	if (!ok)
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	return ok && sys_stat(at, &r->id) == 0;
}

/* Is the canonical copy still there, and what it was? */
static bool
is_there(const struct index_record *r)
{
	struct file_id id;

	return sys_stat(r->path, &id) == 0 && file_unchanged(&id, &r->id);
}

/* The object of an alias, or the record itself. */
static struct index_record *
object_of(struct index_record *list, uint32_t count, struct index_record *r)
{
	for (uint32_t i = 0; r->kind == RECORD_ALIAS && i < count; i++)
		if (list[i].kind == RECORD_OBJECT &&
		    memcmp(list[i].hash, r->hash, HASH_SIZE) == 0 && streq(list[i].path, r->path))
			return &list[i];
	return r->kind == RECORD_OBJECT ? r : NULL;
}

static struct index_record *
find_by_file(struct index_record *list, uint32_t count, const struct file_id *id)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].id.ino == id->ino && file_unchanged(&list[i].id, id))
			return object_of(list, count, &list[i]);
	return NULL;
}

/* The same file with other times (a chmod, a link made or removed): if its content is what it was,
 * only note that. */
static struct index_record *
find_by_inode(const struct file_id *id, int fd)
{
	uint8_t hash[HASH_SIZE];

	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		if (r->kind != RECORD_OBJECT || r->id.ino != id->ino || r->id.dev != id->dev ||
		    r->id.size != id->size)
			continue;
		if (!hash_file(fd, id, hash) || memcmp(hash, r->hash, HASH_SIZE) != 0)
			continue;
		r->id = *id;
		return r;
	}
	return NULL;
}

/* A record of the same content whose canonical copy can be seen from here; *any is one that cannot.
 */
static struct index_record *
find_by_hash(const uint8_t hash[HASH_SIZE], struct index_record **any)
{
	*any = NULL;
	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		if (r->kind != RECORD_OBJECT || memcmp(r->hash, hash, HASH_SIZE) != 0)
			continue;
		*any = r;
		if (is_there(r))
			return r;
	}
	return NULL;
}

static uint64_t
span_of(const struct object *obj)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		low = PAGE_ALIGN_DOWN(p->p_vaddr) < low ? PAGE_ALIGN_DOWN(p->p_vaddr) : low;
		high = PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz) > high
			       ? PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz)
			       : high;
	}
	return high - low;
}

static uint64_t
alignment_of(const struct object *obj)
{
	uint64_t align = page_size;

	for (uint32_t i = 0; i < obj->phnum; i++)
		if (obj->phdr[i].p_type == PT_LOAD && obj->phdr[i].p_align > align)
			align = obj->phdr[i].p_align;
	return align;
}

/*
 * Beside what every process touches of the region lie the C library and its interpreter, which
 * every program has, and what is small, as long as it leaves room for those.
 */
static bool
may_lie_low(const struct store *s, const struct object *obj, uint64_t slot)
{
	const uint64_t kept = s->base + LOW_KEPT;

	if (obj->is_interp || streq(base_name(obj->path), HOST_GLIBC_SONAME))
		return true;
	return span_of(obj) <= LOW_SMALL && (slot >= kept || table.low_end < kept);
}

/* A program that what one page of the page table maps has room for does not lie across its border:
 * no other has a part in that page. */
static uint64_t
off_the_border(const struct object *obj, uint64_t slot, uint64_t span)
{
	const uint64_t left = huge_size() - slot % huge_size();

	return obj->is_program && span > left && span <= huge_size() ? slot + left : slot;
}

static void
give_slot(const struct store *s, const struct object *obj, struct index_record *r)
{
	uint64_t align = alignment_of(obj), rest = huge_slot(obj, &align) & (align - 1);

	r->span = span_of(obj);
	if (obj->type == ET_EXEC)
		return;
	if (!rest && r->span <= table.low_end - s->base) {
		r->slot = (table.low_end - r->span) & ~(align - 1);
		if (r->slot >= s->base && may_lie_low(s, obj, r->slot))
			return;
	}
	r->slot = ((table.next_slot - rest + align - 1) & ~(align - 1)) + rest;
	r->slot = off_the_border(obj, r->slot, r->span);
	if (r->slot + r->span > s->base + s->size)
		r->slot = 0; /* the region is full: rebase makes room */
	else
		table.next_slot = r->slot + r->span;
}

/* The path as the index keeps it: of a relative one, what the kernel makes of it. */
static bool
absolute_path(const char *path, int fd, char *to, size_t size)
{
	char link[40];
	long len;

	if (path[0] == '/')
		return message_format(to, size, "%s", path) < size;
	message_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = sys_readlink(link, to, size);
	if (len <= 0 || (size_t)len >= size || to[0] != '/')
		return false;
	to[len] = 0;
	return true;
}

static struct index_record *
new_record(struct store *s, struct object *obj, int fd, const uint8_t hash[HASH_SIZE],
	   const struct index_record *twin)
{
	struct index_record r = {
		.version = STORE_VERSION, .page_size = (uint32_t)page_size, .kind = RECORD_OBJECT};

	memcpy(r.hash, hash, HASH_SIZE);
	if (twin) {
		/* the same content, behind a path that cannot be seen from here: one copy in the
		 * store for both */
		r = *twin;
		if (!make_canonical(s, obj->path, fd, &r))
			return NULL;
	} else {
		if (stays_as_it_is(&obj->id) &&
		    absolute_path(obj->path, fd, r.path, sizeof(r.path))) {
			r.id = obj->id;
		} else if (!make_canonical(s, obj->path, fd, &r)) {
			return NULL;
		}
		give_slot(s, obj, &r);
		if (!r.slot && obj->type != ET_EXEC)
			return NULL;
	}
	table.changed = true;
	keep(&r);
	return &table.list[table.count - 1];
}

/* The next time, this file need not be read to know its content. */
static void
add_alias(const struct index_record *r, const struct file_id *id)
{
	struct index_record alias = *r;

	alias.kind = RECORD_ALIAS;
	alias.id = *id;
	keep(&alias);
	table.changed = true;
}

static struct index_record *
find_or_make(struct store *s, struct object *obj, int fd)
{
	struct index_record *r, *any;
	uint8_t hash[HASH_SIZE];

	r = find_by_file(table.list, table.count, &obj->id);
	if (r && is_there(r))
		return r;
	r = find_by_inode(&obj->id, fd);
	if (r) {
		table.changed = true;
		return r;
	}
	if (!hash_file(fd, &obj->id, hash))
		return NULL;
	r = find_by_hash(hash, &any);
	if (!r)
		r = new_record(s, obj, fd, hash, any);
	if (r && !file_unchanged(&r->id, &obj->id)) {
		uint32_t number = (uint32_t)(r - table.list);

		add_alias(r, &obj->id); /* the table may move */
		r = &table.list[number];
	}
	return r;
}

/* Map the canonical copy instead: *fd becomes its descriptor, beside the caller's own. */
static bool
use_canonical(const struct index_record *r, const struct object *obj, int *fd)
{
	struct file_id id;
	int canonical;

	if (file_unchanged(&r->id, &obj->id))
		return true;
	canonical = sys_open(r->path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (canonical < 0)
		return false;
	if (sys_fstat(canonical, &id) < 0 || !file_unchanged(&id, &r->id)) {
		sys_close(canonical);
		return false;
	}
	*fd = canonical;
	return true;
}

bool
store_slot(struct store *s, struct object *obj, int *fd, struct index_record *record)
{
	struct index_record *r;

	if (!table.loaded)
		load(s);
	r = find_or_make(s, obj, *fd);
	if (!r || !use_canonical(r, obj, fd))
		return false;
	*record = *r;
	return true;
}

/* The index as it was when this process last looked, for dlopen. */
static struct {
	struct index_record *list;
	uint32_t count;
	struct file_id id;
} view;

/* Look at the index again; false if it is the same still. */
static bool
renew_view(const struct store *s)
{
	char path[STORE_PATH + 64];
	struct file_id id;
	long at = -1;
	int fd;

	store_path(s, "index", "", path, sizeof(path));
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (sys_fstat(fd, &id) == 0 && store_trusts(&id) && !file_unchanged(&id, &view.id) &&
	    id.size >= (int64_t)sizeof(*view.list))
		at = sys_mmap(0, (size_t)id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
	sys_close(fd);
	if (sys_failed(at))
		return false;
	if (view.list)
		sys_munmap((uintptr_t)view.list, (size_t)view.id.size);
	view.list = (struct index_record *)at;
	view.count = (uint32_t)((size_t)id.size / sizeof(*view.list));
	view.id = id;
	return true;
}

bool
store_find(const struct store *s, const struct object *obj, int *fd, struct index_record *record)
{
	struct index_record *r;

	do {
		r = find_by_file(view.list, view.count, &obj->id);
		if (!r || !format_record_is_sound(r, s->base, s->size))
			continue;
		*record = *r;
		return r->slot && use_canonical(r, obj, fd);
	} while (renew_view(s));
	return false;
}

void
store_update_record(const struct index_record *record)
{
	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		if (r->kind == RECORD_OBJECT && memcmp(r->hash, record->hash, HASH_SIZE) == 0 &&
		    streq(r->path, record->path)) {
			*r = *record;
			table.changed = true;
			return;
		}
	}
	table.changed = true;
	keep(record);
}

bool
store_renew_record(struct store *s, struct index_record *record)
{
	if (!table.loaded)
		load(s);
	for (uint32_t i = 0; i < table.count; i++) {
		const struct index_record *r = &table.list[i];

		if (r->kind == RECORD_OBJECT && r->slot == record->slot &&
		    memcmp(r->hash, record->hash, HASH_SIZE) == 0 && streq(r->path, record->path)) {
			*record = *r;
			return true;
		}
	}
	return false;
}

void
store_forget_index(void)
{
	scratch_free(table.list, table.capacity * sizeof(*table.list));
	memset(&table, 0, sizeof(table));
}

bool
store_write_index(struct store *s)
{
	char path[STORE_PATH + 64], temp[STORE_PATH + 64];
	bool ok = true;
	int fd;

	if (!table.changed)
		return true;
	store_path(s, "index", "", path, sizeof(path));
	store_path(s, "index.new", "", temp, sizeof(temp));
	sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	fd = sys_open(temp, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		r->checksum = hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0);
	}
	ok = store_write(fd, table.list, table.count * sizeof(*table.list)) &&
	     sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;
	sys_close(fd);
	if (ok)
		ok = sys_rename(temp, path) == 0;
	else
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	return ok;
}
