#include "xipstore/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "common/replace_file.h"
#include "xipstore/files.h"

#define INDEX_LIMIT (32UL << 20) /* bytes: 65,536 records */

bool
same_file(const struct file_id *a, const struct file_id *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->size == b->size &&
	       a->mtime_sec == b->mtime_sec && a->mtime_nsec == b->mtime_nsec &&
	       a->ctime_sec == b->ctime_sec && a->ctime_nsec == b->ctime_nsec;
}

static bool
is_good(const struct index_record *r, const struct store *s)
{
	if (r->version != STORE_VERSION || r->page_size != page_size ||
	    (r->kind != RECORD_OBJECT && r->kind != RECORD_ALIAS) ||
	    r->checksum != hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0) ||
	    !memchr(r->path, 0, sizeof(r->path)))
		return false;
	return !r->slot || format_slot_fits(r->slot, r->span, s->base, s->size);
}

static int
by_slot(const void *a, const void *b)
{
	const struct index_record *x = a, *y = b;

	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static void
add_records(struct index *index, const char *bytes, size_t size, const struct store *s)
{
	size_t n = size / sizeof(struct index_record);

	index->cut += size % sizeof(struct index_record);
	must_reserve(&index->list, &index->capacity, index->count + n, sizeof(*index->list));
	for (size_t i = 0; i < n; i++) {
		struct index_record *r = &index->list[index->count];

		memcpy(r, bytes + i * sizeof(*r), sizeof(*r));
		if (is_good(r, s))
			index->count++;
		else
			index->damaged++;
	}
	if (index->count)
		qsort(index->list, index->count, sizeof(*index->list), by_slot);
}

void
index_decode(struct index *index, const char *bytes, size_t size, const struct store *s)
{
	*index = (struct index){0};
	add_records(index, bytes, size, s);
}

/* Records of what everybody may read, and of the rest, which only the store's owner sees. */
static const char *const parts[] = {"index", "index.private"};

static bool
read_part(struct index *index, const struct store *s, const char *part, struct error *error)
{
	char path[STORE_PATH + 64];
	struct file_look look;
	size_t size;
	char *bytes;

	snprintf(path, sizeof(path), "%s/%s", s->epoch_dir, part);
	if (file_look(path, &look) == ENOENT || (part != parts[0] && access(path, R_OK) != 0))
		return true;
	bytes = file_read(path, true, INDEX_LIMIT, &size, error);
	if (!bytes)
		return false;
	add_records(index, bytes, size, s);
	free(bytes);
	return true;
}

bool
index_read(struct index *index, const struct store *s, struct error *error)
{
	*index = (struct index){0};
	if (!s->has_epoch)
		return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!read_part(index, s, parts[i], error))
			return false;
	return true;
}

void
index_free(struct index *index)
{
	free(index->list);
	*index = (struct index){0};
}

const struct index_record *
index_at(const struct index *index, uint64_t address)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct index_record *r = &index->list[i];

		if (r->kind == RECORD_OBJECT && r->slot && address - r->slot < r->span)
			return r;
	}
	return NULL;
}

const struct index_record *
index_object(const struct index *index, const struct index_record *r)
{
	for (size_t i = 0; r->kind == RECORD_ALIAS && i < index->count; i++) {
		const struct index_record *o = &index->list[i];

		if (o->kind == RECORD_OBJECT && memcmp(o->hash, r->hash, HASH_SIZE) == 0 &&
		    strcmp(o->path, r->path) == 0)
			return o;
	}
	return r->kind == RECORD_OBJECT ? r : NULL;
}

static bool
write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static bool
write_records(int fd, const struct index *index, uint32_t flags)
{
	for (size_t i = 0; i < index->count; i++)
		if ((index->list[i].flags & RECORD_PRIVATE) == flags &&
		    !write_all(fd, (const char *)&index->list[i], sizeof(index->list[i])))
			return false;
	return true;
}

static bool
write_part(const struct index *index, const struct store *s, const char *part, uint32_t flags,
	   struct error *error)
{
	char path[STORE_PATH + 64];
	struct replacement r;
	struct file_look look;
	int err;

	snprintf(path, sizeof(path), "%s/%s", s->epoch_dir, part);
	if (file_look(path, &look) != 0)
		return true; /* there was none to change */
	err = replace_begin(&r, path, ".new", look.mode & 0644);
	errno = 0;
	if (!err)
		err = write_records(r.fd, index, flags) ? replace_commit(&r) : errno ? errno : EIO;
	if (!err)
		return true;
	replace_abandon(&r);
	return error_set(error, path, err, "cannot be written");
}

bool
index_write(const struct index *index, const struct store *s, struct error *error)
{
	return write_part(index, s, parts[0], 0, error) &&
	       write_part(index, s, parts[1], RECORD_PRIVATE, error);
}
