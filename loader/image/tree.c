#include "image/tree.h"
#include "image/inside.h"
#include "cache/store/store.h"
#include "base/heap.h"

#define BUFFER_SIZE (256UL << 10)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define FADV_DONTNEED 4
#define HOLE_COST 256 /* holes take no space, but time: no image has them without end */
#define REMOVE_DEPTH (CRAMFS_DEPTH_MAX + 8)

static void *
add_row(struct tree_rows *rows, size_t size)
{
	if (rows->size + size > rows->capacity) {
		size_t larger = rows->capacity ? rows->capacity * 2 : 65536;
		char *fresh = scratch_alloc(larger);

		if (!fresh)
			return NULL;
		if (rows->bytes)
			memcpy(fresh, rows->bytes, rows->size);
		scratch_free(rows->bytes, rows->capacity);
		rows->bytes = fresh;
		rows->capacity = larger;
	}
	rows->size += size;
	return rows->bytes + rows->size - size;
}

/* What mkxip --link left for us is no file of the tree. */
static bool
is_own(const char *path)
{
	const size_t len = sizeof(IMAGE_OWN_DIR); /* with the slash */

	return strncmp(path, "/" IMAGE_OWN_DIR, len) == 0 && (path[len] == 0 || path[len] == '/');
}

static bool
measure(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct tree *t = context;
	struct cramfs_block b;

	uint64_t need = CRAMFS_BLOCK;

	for (uint32_t i = 0; cramfs_is_file(inode) && i < cramfs_blocks(inode); i++) {
		if (!cramfs_block(t->fs, inode, i, &b, error))
			return false;
		need += b.kind == CRAMFS_BLOCK_HOLE ? HOLE_COST : CRAMFS_BLOCK;
	}
	if (!is_own(path))
		t->need += need;
	if (t->need > t->bytes_left)
		return error_set(error, t->fs->path, ENOSPC,
				 "cannot be imported: it needs more than the %lu MiB that are free",
				 (unsigned long)(t->bytes_left >> 20));
	return true;
}

bool
tree_measure(struct tree *t, struct error *error)
{
	return cramfs_walk(t->fs, measure, t, error);
}

static bool
cannot_write(const struct tree *t, const char *path, long err, struct error *error)
{
	if (err == -EEXIST)
		return error_set(error, t->fs->path, 0, "two files are named /%s (directory entry)",
				 path);
	return error_set(error, t->fs->path, (int)-err, "/%s cannot be written into the store",
			 path);
}

/* Can the block be mapped as a page: it lies on one, and behind a file's end there are zeros? */
static bool
is_page(const struct cramfs *fs, const struct cramfs_block *b)
{
	static const uint8_t zeros[64];
	uint32_t at = b->want;

	if ((b->kind != CRAMFS_BLOCK_DIRECT && b->kind != CRAMFS_BLOCK_RAW) ||
	    b->offset % XIP_PAGE || b->offset + XIP_PAGE > fs->size)
		return false;
	while (at < XIP_PAGE) {
		uint32_t part =
			XIP_PAGE - at < sizeof(zeros) ? XIP_PAGE - at : (uint32_t)sizeof(zeros);

		if (memcmp(fs->image + b->offset + at, zeros, part) != 0)
			return false;
		at += part;
	}
	return true;
}

static bool
note_page(struct tree *t, uint32_t first_run, uint32_t page, uint64_t offset)
{
	struct xip_extent *last = (struct xip_extent *)(t->runs.bytes + t->runs.size) - 1;

	if (t->runs.size / sizeof(*last) > first_run && last->page + last->count == page &&
	    last->offset + (uint64_t)last->count * XIP_PAGE == offset) {
		last->count++;
		return true;
	}
	last = add_row(&t->runs, sizeof(*last));
	if (last)
		*last = (struct xip_extent){page, 1, offset};
	return last != NULL;
}

bool
tree_note_runs(struct tree *t, const struct cramfs_inode *inode, uint32_t *runs,
	       struct error *error)
{
	uint32_t first = (uint32_t)(t->runs.size / sizeof(struct xip_extent));
	struct cramfs_block b;

	for (uint32_t i = 0; i < cramfs_blocks(inode); i++) {
		if (!cramfs_block(t->fs, inode, i, &b, error))
			return false;
		if (is_page(t->fs, &b) && !note_page(t, first, i, b.offset))
			return error_set(error, t->fs->path, ENOMEM, "cannot be imported");
	}
	*runs = (uint32_t)(t->runs.size / sizeof(struct xip_extent)) - first;
	return true;
}

int
tree_open(const struct tree *t, const char *path, struct file_id *id)
{
	int fd = inside_open(t->root, path);

	if (fd >= 0 && sys_fstat(fd, id) < 0) {
		sys_close(fd);
		return -EIO;
	}
	return fd;
}

int
tree_stat(const struct tree *t, const char *path, struct file_id *id)
{
	int fd = tree_open(t, path, id);

	if (fd < 0)
		return fd;
	sys_close(fd);
	return 0;
}

/* A file under way: what is in the buffer belongs at `at`. */
struct writing {
	int fd;
	uint64_t at;
	size_t filled;
	long error;
};

static bool
flush(struct writing *w, const uint8_t *buffer)
{
	for (size_t done = 0; done < w->filled;) {
		long n = sys_call(__NR_pwrite64, w->fd, (long)(buffer + done),
				  (long)(w->filled - done), (long)(w->at + done), 0, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			w->error = n ? n : -5;
			return false;
		}
		done += (size_t)n;
	}
	w->filled = 0;
	return true;
}

static bool
write_blocks(struct tree *t, const struct cramfs_inode *inode, struct writing *w,
	     struct error *error)
{
	uint32_t first_run = (uint32_t)(t->runs.size / sizeof(struct xip_extent));

	for (uint32_t i = 0; i < cramfs_blocks(inode); i++) {
		struct cramfs_block b;

		if (!cramfs_block(t->fs, inode, i, &b, error))
			return false;
		if (b.kind == CRAMFS_BLOCK_HOLE || w->filled + b.want > BUFFER_SIZE) {
			if (!flush(w, t->buffer))
				return true;
			if (b.kind == CRAMFS_BLOCK_HOLE)
				continue;
		}
		if (w->filled == 0)
			w->at = (uint64_t)i * CRAMFS_BLOCK;
		if (!cramfs_block_read(t->fs, &b, t->buffer + w->filled, error))
			return false;
		w->filled += b.want;
		if (is_page(t->fs, &b) && !note_page(t, first_run, i, b.offset)) {
			w->error = -12;
			return true;
		}
	}
	flush(w, t->buffer);
	return true;
}

static bool
note_file(struct tree *t, const struct writing *w, const struct cramfs_inode *inode,
	  uint32_t first_run)
{
	uint32_t count = (uint32_t)(t->runs.size / sizeof(struct xip_extent)) - first_run;
	struct xip_file *f;
	struct file_id id;

	if (count == 0)
		return true;
	f = add_row(&t->files, sizeof(*f));
	if (!f || sys_fstat(w->fd, &id) < 0)
		return false;
	*f = (struct xip_file){id.ino, inode->size, first_run, count};
	return true;
}

static bool
write_file(struct tree *t, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	static const int64_t epoch[4]; /* cramfs has no times: Linux shows the epoch */
	const int flags = SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC | SYS_O_NOFOLLOW;
	uint32_t first_run = (uint32_t)(t->runs.size / sizeof(struct xip_extent));
	struct writing w = {0};
	bool ok;

	w.fd = (int)sys_call(__NR_openat, t->root, (long)path, flags, (inode->mode & 0555) | 0400,
			     0, 0);
	if (w.fd < 0)
		return cannot_write(t, path, w.fd, error);
	w.error = sys_call(__NR_ftruncate, w.fd, inode->size, 0, 0, 0, 0);
	ok = w.error < 0 || write_blocks(t, inode, &w, error);
	if (ok && w.error == 0 && !note_file(t, &w, inode, first_run))
		w.error = -12;
	sys_call(__NR_utimensat, w.fd, 0, (long)epoch, 0, 0, 0);
	sys_close(w.fd);
	if (ok && w.error < 0)
		return cannot_write(t, path, w.error, error);
	return ok;
}

static bool
write_entry(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct tree *t = context;
	char text[CRAMFS_LINK_MAX + 1];
	long ret = 0;

	if (is_own(path))
		return true;
	path++; /* relative to the tree's root */
	if (cramfs_is_file(inode))
		return write_file(t, path, inode, error);
	if (cramfs_is_dir(inode)) {
		ret = sys_call(__NR_mkdirat, t->root, (long)path, (inode->mode & 0555) | 0700, 0, 0,
			       0);
	} else if (cramfs_is_link(inode)) {
		if (!cramfs_readlink(t->fs, inode, text, error))
			return false;
		ret = sys_call(__NR_symlinkat, (long)text, t->root, (long)path, 0, 0, 0);
	} else {
		t->skipped++;
	}
	return ret == 0 || cannot_write(t, path, ret, error);
}

bool
tree_write(struct tree *t, struct error *error)
{
	t->buffer = scratch_alloc(BUFFER_SIZE);
	if (!t->buffer)
		return error_set(error, t->fs->path, ENOMEM, "cannot be imported");
	return cramfs_walk(t->fs, write_entry, t, error);
}

static bool
forget_file(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	const struct tree *t = context;
	int fd;

	(void)error;
	if (!cramfs_is_file(inode) || is_own(path))
		return true;
	fd = (int)sys_call(__NR_openat, t->root, (long)(path + 1),
			   SYS_O_RDONLY | SYS_O_CLOEXEC | SYS_O_NOFOLLOW, 0, 0, 0);
	if (fd >= 0) {
		sys_call(__NR_fadvise64, fd, 0, 0, FADV_DONTNEED, 0, 0);
		sys_close(fd);
	}
	return true;
}

void
tree_forget(struct tree *t)
{
	cramfs_walk(t->fs, forget_file, t, NULL);
}

/* By inode. Shell's sort: the files are nearly in order as they were made. */
static void
sort_files(struct xip_file *list, size_t count)
{
	for (size_t gap = count / 2; gap > 0; gap /= 2) {
		for (size_t i = gap; i < count; i++) {
			struct xip_file f = list[i];
			size_t k = i;

			for (; k >= gap && list[k - gap].ino > f.ino; k -= gap)
				list[k] = list[k - gap];
			list[k] = f;
		}
	}
}

bool
tree_write_table(struct tree *t, int fd, struct error *error)
{
	size_t size = sizeof(struct xip_header) + t->files.size + t->runs.size;
	struct xip_header *h = scratch_alloc(size);
	bool ok;

	if (!h)
		return error_set(error, t->fs->path, ENOMEM, "cannot be imported");
	*h = (struct xip_header){
		.version = XIP_VERSION,
		.page_size = XIP_PAGE,
		.image_size = t->fs->size,
		.nfiles = (uint32_t)(t->files.size / sizeof(struct xip_file)),
		.nruns = (uint32_t)(t->runs.size / sizeof(struct xip_extent)),
	};
	memcpy(h->magic, XIP_MAGIC, sizeof(h->magic));
	if (t->files.size) {
		sort_files((struct xip_file *)t->files.bytes, h->nfiles);
		memcpy(h + 1, t->files.bytes, t->files.size);
		memcpy((char *)(h + 1) + t->files.size, t->runs.bytes, t->runs.size);
	}
	h->checksum = xip_checksum(h, size);
	ok = store_write(fd, h, size);
	scratch_free(h, size);
	return ok || error_set(error, t->fs->path, ENOSPC, "its table cannot be written");
}

void
tree_free(struct tree *t)
{
	scratch_free(t->buffer, BUFFER_SIZE);
	scratch_free(t->files.bytes, t->files.capacity);
	scratch_free(t->runs.bytes, t->runs.capacity);
}

/* getdents64(2) */
struct dirent {
	uint64_t ino;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static void remove_at(int dir, const char *name, unsigned depth);

static void
remove_entries(int fd, unsigned depth)
{
	_Alignas(8) char buffer[2048];
	long got;

	while ((got = sys_call(__NR_getdents64, fd, (long)buffer, sizeof(buffer), 0, 0, 0)) > 0) {
		for (long at = 0; at < got;) {
			const struct dirent *d = (const struct dirent *)(buffer + at);

			if (!streq(d->name, ".") && !streq(d->name, ".."))
				remove_at(fd, d->name, depth);
			at += d->size;
		}
	}
}

static void
remove_at(int dir, const char *name, unsigned depth)
{
	int fd;

	if (sys_call(__NR_unlinkat, dir, (long)name, 0, 0, 0, 0) == 0 || depth == 0)
		return;
	fd = (int)sys_call(__NR_openat, dir, (long)name,
			   SYS_O_RDONLY | SYS_O_DIRECTORY | SYS_O_CLOEXEC | SYS_O_NOFOLLOW, 0, 0,
			   0);
	if (fd >= 0) {
		remove_entries(fd, depth - 1);
		sys_close(fd);
	}
	sys_call(__NR_unlinkat, dir, (long)name, AT_REMOVEDIR, 0, 0, 0);
}

void
tree_remove(int dir, const char *name)
{
	remove_at(dir, name, REMOVE_DEPTH);
}
