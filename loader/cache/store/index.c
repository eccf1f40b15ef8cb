/* The index of objects: which content has which slot, and which file it is mapped from. */
#include "cache/store/canonical.h"
#include "cache/store/slot_alignment.h"
#include "cache/store/store.h"
#include "base/heap.h"

/* Of the region's beginning (format.h): kept for the C library; bytes of what is small. */
#define LOW_KEPT 0x280000UL
#define LOW_SMALL 0x40000UL

#define MOST_ALIASES 32 /* of an object: beyond that the oldest goes */

/* The index in memory while this process publishes. */
static struct {
	struct index_record *list;
	uint32_t count, capacity;
	bool loaded, changed;
	uint64_t next_slot; /* the lowest free address above the heap */
	uint64_t low_end; /* the end of what is free below the stubs */
	bool full; /* something has got no slot */
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

/* Records of what everybody may read, and of the rest. */
enum { INDEX_PUBLIC, INDEX_PRIVATE, INDEX_COUNT };

static void
index_path(const struct store *s, int which, char *path, size_t size)
{
	store_path(s, which == INDEX_PRIVATE ? "index.private" : "index", "", path, size);
}

static void
load_one(struct store *s, int which)
{
	char path[STORE_PATH + 64];
	struct index_record r;
	struct file_id id;
	int fd;

	index_path(s, which, path, sizeof(path));
	fd = store_open_file(s, path, SYS_O_RDONLY, 0);
	if (fd < 0)
		return;
	if (sys_fstat(fd, &id) == 0 && store_trusts(&id))
		while (sys_read(fd, &r, sizeof(r)) == (long)sizeof(r))
			if (format_record_is_sound(&r, s->base, s->size))
				keep(&r);
	sys_close(fd);
}

static void
load(struct store *s)
{
	table.loaded = true;
	table.next_slot = s->base + REGION_SLOTS;
	table.low_end = s->base + REGION_LOW_END;
	load_one(s, INDEX_PUBLIC);
	if (store_user() == 0) /* others keep all for themselves */
		load_one(s, INDEX_PRIVATE);
}

/* Is the canonical copy still there, and what it was? */
static bool
is_there(const struct index_record *r)
{
	struct file_id id;

	return sys_stat(r->path, &id) == 0 && file_unchanged(&id, &r->id);
}

static bool
is_private(const struct index_record *r)
{
	return r->flags & RECORD_PRIVATE;
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
find_record(struct index_record *list, uint32_t count, const struct file_id *id)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].id.ino == id->ino && file_unchanged(&list[i].id, id))
			return &list[i];
	return NULL;
}

static struct index_record *
find_by_file(struct index_record *list, uint32_t count, const struct file_id *id)
{
	struct index_record *r = find_record(list, count, id);

	return r ? object_of(list, count, r) : NULL;
}

/* The same file with other times (a chmod, a link made or removed): if its content is what it was,
 * only note that. */
static struct index_record *
find_by_inode(const struct file_id *id, int fd, bool everybody)
{
	uint8_t hash[HASH_SIZE];

	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		if (r->kind != RECORD_OBJECT || r->id.ino != id->ino || r->id.dev != id->dev ||
		    r->id.size != id->size)
			continue;
		if (!canonical_hash(fd, id, hash) || memcmp(hash, r->hash, HASH_SIZE) != 0)
			continue;
		r->id = *id;
		if (everybody && is_private(r)) /* it was not for everybody until now */
			r->flags = r->relocated_id = 0;
		return r;
	}
	return NULL;
}

/* A record of the same content whose canonical copy can be seen from here, by everybody if need be;
 * *any is one that cannot. */
static struct index_record *
find_by_hash(const uint8_t hash[HASH_SIZE], bool everybody, struct index_record **any)
{
	*any = NULL;
	for (uint32_t i = 0; i < table.count; i++) {
		struct index_record *r = &table.list[i];

		if (r->kind != RECORD_OBJECT || memcmp(r->hash, hash, HASH_SIZE) != 0)
			continue;
		*any = r;
		if (!(everybody && is_private(r)) && is_there(r))
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

/*
 * Beside what every process touches of the region lie the C library and its interpreter, which
 * every program has, and what is small, as long as it leaves room for those.
 */
static bool
may_lie_low(const struct store *s, const struct object *obj, uint64_t slot)
{
	const uint64_t kept = s->base + LOW_KEPT;

	if (obj->is_interp || streq(base_name(obj->path), GLIBC_SONAME))
		return true;
	return span_of(obj) <= LOW_SMALL && (slot >= kept || table.low_end < kept);
}

/* A program that what one page of the page table maps has room for does not lie across its border:
 * no other has a part in that page. */
static uint64_t
off_the_border(const struct object *obj, uint64_t slot, uint64_t span)
{
	const uint64_t left = pmd_size() - slot % pmd_size();

	return obj->is_program && span > left && span <= pmd_size() ? slot + left : slot;
}

static void
give_slot(const struct store *s, const struct object *obj, struct index_record *r)
{
	uint64_t align, rest = slot_alignment(obj, &align);

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
	table.full = r->slot + r->span > s->base + s->size;
	if (table.full)
		r->slot = 0;
	else
		table.next_slot = r->slot + r->span;
}

/* The file for a new record: itself, or a copy in the store. */
static bool
give_file(struct store *s, const struct object *obj, int fd, bool everybody,
	  struct canonical_copy *copy, struct index_record *r)
{
	/* a link of the dynamic linker's name may lead to the loader another time */
	const char *path = obj->is_interp ? "" : obj->path;

	if (copy->fd < 0 && !r->slot && canonical_path(path, fd, r->path, sizeof(r->path))) {
		r->id = obj->id;
		return true;
	}
	return (copy->fd >= 0 || canonical_begin(s, fd, &obj->id, everybody, copy)) &&
	       memcmp(copy->hash, r->hash, HASH_SIZE) == 0 && canonical_keep(s, copy, r);
}

/* `same_content` has the same content behind a path that cannot be seen from here: one slot for
 * both. */
static struct index_record *
new_record(struct store *s, struct object *obj, int fd, bool everybody, struct canonical_copy *copy,
	   const struct index_record *same_content)
{
	struct index_record r = {
		.version = STORE_VERSION, .page_size = (uint32_t)page_size, .kind = RECORD_OBJECT};

	if (same_content)
		r = *same_content;
	else
		memcpy(r.hash, copy->hash, HASH_SIZE);
	if (is_private(&r)) /* and what was linked from it is for its owner */
		r.relocated_id = 0;
	r.flags = everybody ? 0 : RECORD_PRIVATE;
	if (!give_file(s, obj, fd, everybody, copy, &r))
		return NULL;
	if (!r.slot)
		give_slot(s, obj, &r);
	if (!r.slot && obj->type != ET_EXEC)
		return NULL;
	table.changed = true;
	keep(&r);
	return &table.list[table.count - 1];
}

/* Number of the object's oldest alias, if it has as many as it may. */
static bool
oldest_alias(const struct index_record *r, uint32_t *oldest)
{
	uint32_t n = 0;

	for (uint32_t i = table.count; i-- > 0;) {
		const struct index_record *a = &table.list[i];

		if (a->kind != RECORD_ALIAS || memcmp(a->hash, r->hash, HASH_SIZE) != 0)
			continue;
		*oldest = i;
		n++;
	}
	return n >= MOST_ALIASES;
}

/* The next time, this file need not be read to know its content. Returns the object's record, which
 * may have moved. */
static struct index_record *
add_alias(struct index_record *r, const struct file_id *id, bool everybody)
{
	struct index_record alias = *r;
	uint32_t number = (uint32_t)(r - table.list), oldest;

	alias.kind = RECORD_ALIAS;
	alias.id = *id;
	alias.flags = everybody ? 0 : RECORD_PRIVATE;
	if (oldest_alias(r, &oldest)) {
		memmove(&table.list[oldest], &table.list[oldest + 1],
			(table.count - oldest - 1) * sizeof(alias));
		table.count--;
		number -= number > oldest;
	}
	keep(&alias);
	table.changed = true;
	return &table.list[number];
}

/* The record for what a file holds: copy->hash, and the copy itself if that is open. */
static struct index_record *
place(struct store *s, struct object *obj, int fd, bool everybody, struct canonical_copy *copy)
{
	struct index_record *any, *r = find_by_hash(copy->hash, everybody, &any);

	if (!r)
		r = new_record(s, obj, fd, everybody, copy, any);
	if (r && !file_unchanged(&r->id, &obj->id))
		r = add_alias(r, &obj->id, everybody);
	return r;
}

static struct index_record *
find_or_make(struct store *s, struct object *obj, int fd, bool everybody)
{
	struct index_record *r = find_by_file(table.list, table.count, &obj->id);
	enum canonical_source source;
	struct canonical_copy copy;

	if (r && is_there(r) && !(everybody && is_private(r)))
		return r;
	source = canonical_source(&obj->id);
	r = source == CANONICAL_IN_PLACE ? find_by_inode(&obj->id, fd, everybody) : NULL;
	if (r) {
		table.changed = true;
		return r;
	}
	copy.fd = -1;
	if (source == CANONICAL_REFUSED ||
	    !(source == CANONICAL_IN_PLACE ? canonical_hash(fd, &obj->id, copy.hash)
					   : canonical_begin(s, fd, &obj->id, everybody, &copy)))
		return NULL;
	r = place(s, obj, fd, everybody, &copy);
	canonical_end(s, &copy);
	return r;
}

/* Open the canonical copy, which may be a file of the store or anybody's. */
static int
open_canonical(struct store *s, const struct index_record *r)
{
	return store_has(s, r->path) ? store_open_file(s, r->path, SYS_O_RDONLY, 0)
				     : sys_open(r->path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
}

/* Map the canonical copy instead: *fd becomes its descriptor, beside the caller's own. */
static bool
use_canonical(struct store *s, const struct index_record *r, const struct object *obj, int *fd)
{
	struct file_id id;
	int canonical;

	if (file_unchanged(&r->id, &obj->id))
		return true;
	canonical = open_canonical(s, r);
	if (canonical < 0)
		return false;
	if (sys_fstat(canonical, &id) < 0 || !file_unchanged(&id, &r->id) ||
	    !canonical_may_replace(obj, *fd, canonical)) {
		sys_close(canonical);
		return false;
	}
	*fd = canonical;
	return true;
}

bool
store_region_is_full(void)
{
	return table.full;
}

bool
store_slot(struct store *s, struct object *obj, int *fd, bool everybody,
	   struct index_record *record)
{
	struct index_record *r;

	if (!table.loaded)
		load(s);
	r = find_or_make(s, obj, *fd, everybody);
	if (!r || !use_canonical(s, r, obj, fd))
		return false;
	*record = *r;
	return true;
}

/* The index as it was when this process last looked, for dlopen. */
static struct {
	struct index_record *list;
	uint32_t count;
	struct file_id id;
} views[INDEX_COUNT];

/* Look at one part of the index again; false if it is the same still. */
static bool
renew_view(struct store *s, int which)
{
	char path[STORE_PATH + 64];
	struct file_id id;
	long at = -1;
	int fd;

	index_path(s, which, path, sizeof(path));
	fd = store_open_file(s, path, SYS_O_RDONLY, 0);
	if (fd < 0)
		return false;
	if (sys_fstat(fd, &id) == 0 && store_trusts(&id) &&
	    !file_unchanged(&id, &views[which].id) &&
	    id.size >= (int64_t)sizeof(*views[which].list))
		at = sys_mmap(0, (size_t)id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
	sys_close(fd);
	if (sys_failed(at))
		return false;
	if (views[which].list)
		sys_munmap((uintptr_t)views[which].list, (size_t)views[which].id.size);
	views[which].list = (struct index_record *)at;
	views[which].count = (uint32_t)((size_t)id.size / sizeof(*views[which].list));
	views[which].id = id;
	return true;
}

static bool
renew_views(struct store *s)
{
	bool fresh = renew_view(s, INDEX_PUBLIC);

	return (store_user() == 0 && renew_view(s, INDEX_PRIVATE)) || fresh;
}

/* An alias and its object may lie in different parts. */
static struct index_record *
find_in_views(const struct file_id *id)
{
	struct index_record *r, *object;

	for (int which = 0; which < INDEX_COUNT; which++) {
		r = find_record(views[which].list, views[which].count, id);
		for (int other = 0; r && other < INDEX_COUNT; other++) {
			object = object_of(views[other].list, views[other].count, r);
			if (object)
				return object;
		}
	}
	return NULL;
}

bool
store_find(struct store *s, const struct object *obj, int *fd, struct index_record *record)
{
	struct index_record *r;

	do {
		r = find_in_views(&obj->id);
		if (!r || !format_record_is_sound(r, s->base, s->size))
			continue;
		*record = *r;
		return r->slot && use_canonical(s, r, obj, fd);
	} while (renew_views(s));
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

void
store_drop_record(const char *path)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < table.count; i++) {
		const struct index_record *r = &table.list[i];

		/* an alias has its object's path and slot */
		if (!streq(r->path, path) || r->slot == table.low_end ||
		    r->slot + r->span == table.next_slot)
			table.list[kept++] = *r;
	}
	table.changed |= kept != table.count;
	table.count = kept;
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

static bool
write_records(int fd, int which)
{
	uint32_t run;

	for (uint32_t i = 0; i < table.count; i += run ? run : 1) {
		for (run = 0; i + run < table.count; run++) {
			struct index_record *r = &table.list[i + run];

			if (is_private(r) != (which == INDEX_PRIVATE))
				break;
			r->checksum =
				hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0);
		}
		if (!store_write(fd, &table.list[i], run * sizeof(*table.list)))
			return false;
	}
	return true;
}

static bool
write_one(struct store *s, int which)
{
	char path[STORE_PATH + 64], temp[STORE_PATH + 64];
	bool ok;
	int fd;

	index_path(s, which, path, sizeof(path));
	message_format(temp, sizeof(temp), "%s.new", path);
	store_remove(s, temp);
	fd = store_open_file(s, temp, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL,
			     store_mode(which == INDEX_PUBLIC));
	if (fd < 0)
		return false;
	ok = write_records(fd, which) && sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;
	sys_close(fd);
	ok = ok && store_rename(s, temp, path);
	if (!ok)
		store_remove(s, temp);
	return ok;
}

/* Nobody needs a part that would say nothing, and never has said anything. */
static bool
has_private(struct store *s)
{
	char path[STORE_PATH + 64];
	struct file_id id;

	for (uint32_t i = 0; i < table.count; i++)
		if (is_private(&table.list[i]))
			return true;
	index_path(s, INDEX_PRIVATE, path, sizeof(path));
	return store_stat(s, path, &id) == 0;
}

bool
store_write_index(struct store *s)
{
	if (!table.changed)
		return true;
	/* a private alias may be of a public object, but not the other way round */
	return write_one(s, INDEX_PUBLIC) && (!has_private(s) || write_one(s, INDEX_PRIVATE));
}
