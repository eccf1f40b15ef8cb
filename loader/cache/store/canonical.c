#include "cache/store/canonical.h"
#include "base/process_args.h"
#include "base/file_policy.h"
#include "base/heap.h"

#define FICLONE 0x40049409UL
#define SEEK_SET 0
#define SEEK_DATA 3
#define SEEK_HOLE 4

enum canonical_source
canonical_source(const struct file_id *id)
{
	if (id->size > CANONICAL_MOST)
		return CANONICAL_REFUSED;
	if (store_trusts(id) || file_is_immutable(id))
		return CANONICAL_IN_PLACE;
	/* root's store is for all: who may not write to it fills it with nothing of his */
	return id->uid != 0 && store_user() == 0 ? CANONICAL_REFUSED : CANONICAL_COPIED;
}

bool
canonical_hash(int fd, const struct file_id *id, uint8_t hash[HASH_SIZE])
{
	long at = sys_mmap(0, (size_t)id->size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);

	if (sys_failed(at))
		return false;
	hash_content((const void *)at, (size_t)id->size, hash);
	sys_munmap((uintptr_t)at, PAGE_ALIGN_UP((size_t)id->size));
	if (file_is_immutable(id)) /* most of it is mapped from the image */
		sys_call(__NR_fadvise64, fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */, 0, 0);
	return true;
}

bool
canonical_path(const char *path, int fd, char *to, size_t size)
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

static long
seek(int fd, int64_t offset, int whence)
{
	return sys_call(__NR_lseek, fd, (long)offset, whence, 0, 0, 0);
}

/* Bytes [at, end), to the same place. */
static bool
copy_part(int from, int to, int64_t at, int64_t end)
{
	if (seek(to, at, SEEK_SET) < 0)
		return false;
	while (at < end)
		if (sys_call(__NR_sendfile, to, from, (long)&at, (long)(end - at), 0, 0) <= 0)
			return false;
	return true;
}

static bool
copy_file(int from, int to, int64_t size)
{
	int64_t at = 0;

	if (sys_call(__NR_ioctl, to, FICLONE, from, 0, 0, 0) == 0)
		return true;
	while (at < size) {
		int64_t data = seek(from, at, SEEK_DATA), end;

		if (data == -ENXIO /* a hole to the end */ || data >= size)
			break;
		data = data < 0 ? at : data; /* a file system without holes */
		end = seek(from, data, SEEK_HOLE);
		end = end <= data || end > size ? size : end;
		if (!copy_part(from, to, data, end))
			return false;
		at = end;
	}
	return sys_call(__NR_ftruncate, to, size, 0, 0, 0, 0) == 0;
}

bool
canonical_begin(struct store *s, int fd, const struct file_id *id, bool everybody,
		struct canonical_copy *c)
{
	char name[2 * HASH_SIZE + 8];
	struct file_id now;

	/* under the lock one publisher needs one name: such as xipstore gc knows to be left over */
	memset(name, '0', 2 * HASH_SIZE);
	memcpy(name + 2 * HASH_SIZE, ".new", 5);
	store_path(s, "objects", name, c->temp, sizeof(c->temp));
	store_remove(s, c->temp);
	c->fd = store_open_file(s, c->temp, SYS_O_RDWR | SYS_O_CREAT | SYS_O_EXCL,
				store_mode(everybody) & 0444);
	if (c->fd < 0)
		return false;
	if (copy_file(fd, c->fd, id->size) && sys_fstat(c->fd, &now) == 0 &&
	    now.size <= CANONICAL_MOST && canonical_hash(c->fd, &now, c->hash) &&
	    sys_call(__NR_fsync, c->fd, 0, 0, 0, 0, 0) == 0)
		return true;
	canonical_end(s, c);
	return false;
}

bool
canonical_keep(struct store *s, struct canonical_copy *c, struct index_record *r)
{
	char name[2 * HASH_SIZE + 1], path[STORE_PATH + 160];

	hash_text(c->hash, name);
	store_path(s, "objects", name, path, sizeof(path));
	if (strlen(path) >= sizeof(r->path) || !store_rename(s, c->temp, path))
		return false;
	memset(r->path, 0, sizeof(r->path));
	memcpy(r->path, path, strlen(path));
	c->temp[0] = 0;
	return sys_fstat(c->fd, &r->id) == 0;
}

void
canonical_end(struct store *s, struct canonical_copy *c)
{
	if (c->fd < 0)
		return;
	if (c->temp[0])
		store_remove(s, c->temp);
	sys_close(c->fd);
	c->fd = -1;
}

/* The file's owner may have changed it between our reading of its headers and its copying. */
static bool
headers_agree(const struct object *obj, int copy)
{
	struct object there = {0};
	struct error error;
	bool same = object_read_headers(&there, copy, obj->path, &error) &&
		    there.type == obj->type && there.entry == obj->entry &&
		    there.phnum == obj->phnum &&
		    memcmp(there.phdr, obj->phdr, obj->phnum * sizeof(*obj->phdr)) == 0;

	if (there.phdr)
		heap_free(there.phdr, there.phnum * sizeof(*there.phdr));
	return same;
}

bool
canonical_may_replace(const struct object *obj, int fd, int copy)
{
	return !store_forbids_execution(fd) && headers_agree(obj, copy);
}
