/* An image into the store, once: docs/xip.md. */
#include "image/image.h"
#include "lib/inflate.h"
#include "base/heap.h"

#include <asm/statfs.h>

#define FADV_DONTNEED 4
#define LOCK_EX 2
#define RENAME_NOREPLACE 1

/* The image's bytes: mapped or, from a device that cannot be mapped, read. NULL with *error. */
static const uint8_t *
hold(const struct image_source *s, struct error *error)
{
	uint8_t *copy;
	long at = sys_mmap(0, s->size, SYS_PROT_READ, SYS_MAP_PRIVATE, s->fd, 0);

	if (!sys_failed(at))
		return (const uint8_t *)at;
	copy = scratch_alloc(s->size);
	for (uint64_t done = 0; copy && done < s->size;) {
		long n = sys_pread(s->fd, copy + done, s->size - done, done);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			scratch_free(copy, s->size);
			error_set(error, s->path, n ? (int)-n : 5, "cannot be read");
			return NULL;
		}
		done += (uint64_t)n;
	}
	if (!copy)
		error_set(error, s->path, ENOMEM, "cannot be mapped or read");
	return copy;
}

static long
make_directory(int dir, const char *name)
{
	return sys_call(__NR_mkdirat, dir, (long)name, 0755, 0, 0, 0);
}

static int
open_directory(int dir, const char *name)
{
	return (int)sys_call(__NR_openat, dir, (long)name,
			     SYS_O_RDONLY | SYS_O_DIRECTORY | SYS_O_CLOEXEC, 0, 0, 0);
}

static int
create(int dir, const char *name)
{
	return (int)sys_call(__NR_openat, dir, (long)name,
			     SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0444, 0, 0);
}

static bool
unusable_store(const char *path, long err, struct error *error)
{
	return error_set(error, path, (int)-err, "cannot be written (import)");
}

/* What every tree has: our own directory first, so that the image cannot have one. */
static bool
make_own_directory(int root, const char *path, struct error *error)
{
	long ret = make_directory(root, IMAGE_OWN_DIR);
	int fd;

	if (ret == 0)
		ret = make_directory(root, &IMAGE_STORE[1]);
	if (ret < 0)
		return unusable_store(path, ret, error);
	fd = create(root, &IMAGE_FILE[1]);
	if (fd < 0)
		return unusable_store(path, fd, error);
	sys_close(fd);
	return true;
}

/* Where the host's are shown: made if the image has not got them. */
static void
make_mount_points(int root)
{
	static const char names[][8] = {"proc", "sys", "dev", "tmp"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make_directory(root, names[i]);
}

/* Bytes that the import may take: better not begun than given up with the disk full. */
static uint64_t
free_bytes(int fd)
{
	struct statfs fs;

	if (sys_call(__NR_fstatfs, fd, (long)&fs, 0, 0, 0, 0) < 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
}

static bool
write_table(struct tree *t, struct error *error)
{
	int fd = create(t->root, &IMAGE_TABLE[1]);
	bool ok;

	if (fd < 0)
		return unusable_store(IMAGE_TABLE, fd, error);
	ok = tree_write_table(t, fd, error);
	sys_close(fd);
	return ok;
}

static bool
fill(struct tree *t, const struct image_source *source, const char *path, const char *store_dir,
     struct error *error)
{
	bool ok = make_own_directory(t->root, path, error) && tree_measure(t, error) &&
		  tree_write(t, error);
	long ret;

	if (!ok)
		return false;
	make_mount_points(t->root);
	if (!write_table(t, error))
		return false;
	ret = sys_call(__NR_fchmod, t->root, 0755, 0, 0, 0, 0);
	if (ret == 0)
		image_install_prelink(t, source, store_dir);
	if (ret == 0)
		ret = sys_call(__NR_syncfs, t->root, 0, 0, 0, 0, 0);
	if (ret < 0)
		return unusable_store(path, ret, error);
	tree_forget(t);
	return true;
}

/* The whole tree beside its place, then renamed: what has its name is complete. */
static bool
extract(const struct cramfs *fs, const struct image_source *source, const struct image_place *place,
	int images, struct error *error)
{
	char temp[sizeof(place->home) + 16], store_dir[sizeof(place->home) + 32];
	struct tree t = {.fs = fs, .root = -1};
	const char *name = base_name(place->home);
	int home;
	bool ok;
	long ret;

	message_format(temp, sizeof(temp), "%s.new", name);
	tree_remove(images, temp);
	ret = make_directory(images, temp);
	home = ret < 0 ? (int)ret : open_directory(images, temp);
	if (home < 0)
		return unusable_store(place->dir, home, error);
	ret = make_directory(home, "store");
	if (ret == 0)
		ret = make_directory(home, "root");
	if (ret == 0)
		ret = t.root = open_directory(home, "root");
	t.bytes_left = free_bytes(t.root);
	message_format(store_dir, sizeof(store_dir), "%s.new/store", place->home);
	/* the tree shows what is in the image: to nobody who could not read that */
	if (!(source->id.mode & 4))
		sys_call(__NR_fchmod, home, 0700, 0, 0, 0, 0);
	ok = t.root >= 0 ? fill(&t, source, place->dir, store_dir, error)
			 : unusable_store(place->dir, ret, error);
	tree_free(&t);
	if (t.root >= 0)
		sys_close(t.root);
	sys_close(home);
	if (ok) {
		ret = sys_call(__NR_renameat2, images, (long)temp, images, (long)name,
			       RENAME_NOREPLACE, 0);
		ok = ret == 0 || unusable_store(place->dir, ret, error);
	}
	if (!ok)
		tree_remove(images, temp);
	sys_call(__NR_fsync, images, 0, 0, 0, 0, 0);
	if (ok && t.skipped && options.verbose)
		message_print(2, "xipld: %s: %u devices, pipes and sockets are left out\n",
			      fs->path, t.skipped);
	return ok;
}

/* Under the lock of this image: one process imports, others wait for it. */
static bool
extract_once(const struct cramfs *fs, const struct image_source *source,
	     const struct image_place *place, struct error *error)
{
	char path[sizeof(place->home) + 16];
	int images = open_directory(SYS_AT_FDCWD, place->dir), lock;
	long mask, ret;
	bool ok;

	message_format(path, sizeof(path), "%s.lock", base_name(place->home));
	lock = (int)sys_call(__NR_openat, images, (long)path,
			     SYS_O_RDWR | SYS_O_CREAT | SYS_O_CLOEXEC, 0600, 0, 0);
	if (images < 0 || lock < 0)
		return unusable_store(place->dir, images < 0 ? images : lock, error);
	do
		ret = sys_call(__NR_flock, lock, LOCK_EX, 0, 0, 0, 0);
	while (ret == -EINTR);
	ok = image_is_imported(place);
	if (!ok) {
		if (options.verbose)
			message_print(2, "xipld: %s: imported into %s\n", fs->path, place->home);
		tree_remove(images, base_name(place->home)); /* damaged */
		mask = sys_call(__NR_umask, 0, 0, 0, 0, 0, 0);
		ok = extract(fs, source, place, images, error);
		sys_call(__NR_umask, mask, 0, 0, 0, 0, 0);
	}
	sys_close(lock);
	sys_close(images);
	return ok;
}

bool
image_import(const struct image_source *source, struct image_place *place, bool *unusable,
	     struct error *error)
{
	char name[2 * HASH_SIZE + 1];
	uint8_t hash[HASH_SIZE];
	struct cramfs fs;
	const uint8_t *bytes;
	bool ok;

	*unusable = true;
	if (!store_make_directories(place->store) || !store_is_safe(place->store) ||
	    !store_make_directories(place->dir))
		return error_set(error, place->store, 0,
				 "no store that can be written and trusted");
	*unusable = false;
	bytes = hold(source, error);
	if (!bytes)
		return false;
	inflate_begin();
	ok = cramfs_open(&fs, source->path, bytes, source->size, error) &&
	     cramfs_verify(&fs, error);
	if (ok) {
		hash_content(bytes, fs.size, hash);
		hash_text(hash, name);
		message_format(place->home, sizeof(place->home), "%s/%s", place->dir, name);
		ok = extract_once(&fs, source, place, error);
		*unusable = !ok && error->number != 0;
	}
	inflate_end();
	if (ok)
		image_note_fingerprint(source, place);
	sys_munmap((uintptr_t)bytes, PAGE_ALIGN_UP(source->size));
	sys_call(__NR_fadvise64, source->fd, 0, 0, FADV_DONTNEED, 0, 0);
	return ok;
}
