#include "image/image.h"
#include "lib/cramfs.h"
#include "base/process_args.h"
#include "base/heap.h"

#define HEAD_SIZE 588 /* what holds a superblock wherever it may be */
#define BLKGETSIZE64 0x80081272UL /* linux/fs.h */
#define MEMGETINFO 0x80204d01UL /* mtd/mtd-abi.h */

__asm__(PLUG_BEGIN(file_policy)
#define POLICY(name, type, without, parameters, arguments) PLUG_WORD(image_##name)
#include "base/file_policy.def"
#undef POLICY
		PLUG_END);
#define POLICY(name, type, without, parameters, arguments) \
	type image_##name parameters __attribute__((used));
#include "base/file_policy.def"
#undef POLICY

/* What is known once the process is inside. */
static struct {
	struct file_id image, table_file; /* a program may change its root again: what they were */
	struct xip_table table;
	bool looked; /* for the table */
} inside SYS_COLD;

/* mtd/mtd-abi.h: struct mtd_info_user */
struct mtd_info {
	uint8_t type;
	uint32_t flags, size, erase_size, write_size, oob_size;
	uint64_t padding;
};

/* /sys/dev/char/MAJOR:MINOR/size, as device DAX has it; 0: there is none. */
static uint64_t
size_from_sysfs(uint32_t major, uint32_t minor)
{
	char path[64], text[24] = "";
	uint64_t size = 0;
	int fd;

	message_format(path, sizeof(path), "/sys/dev/char/%u:%u/size", major, minor);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		size = size * 10 + (uint64_t)(*p - '0');
	return size;
}

static uint64_t
character_device_size(int fd, const struct statx *sx)
{
	struct mtd_info mtd = {0};

	if (sys_call(__NR_ioctl, fd, (long)MEMGETINFO, (long)&mtd, 0, 0, 0) == 0)
		return mtd.size;
	return size_from_sysfs(sx->stx_rdev_major, sx->stx_rdev_minor);
}

/* The first bytes of the image, however its file can be read; zeros behind its end. */
static void
read_head(const struct image_source *s, uint8_t head[HEAD_SIZE])
{
	size_t size = s->size < HEAD_SIZE ? (size_t)s->size : HEAD_SIZE;
	long at;

	memset(head, 0, HEAD_SIZE);
	if (size == 0 || sys_pread(s->fd, head, size, 0) == (long)size)
		return;
	at = sys_mmap(0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, s->fd, 0);
	if (sys_failed(at))
		return;
	memcpy(head, (const void *)at, size);
	sys_munmap((uintptr_t)at, PAGE_ALIGN_UP(size));
}

/*
 * What tells this image from all others, and from itself after a change: of a file what stat says,
 * of a device which it is; and the superblock, whose checksum is over the whole image.
 */
static void
hash_fingerprint(struct image_source *s, const struct statx *sx, bool is_file)
{
	struct {
		uint64_t words[8];
		uint8_t head[HEAD_SIZE];
	} what;

	memset(&what, 0, sizeof(what));
	what.words[0] = s->size;
	if (is_file) {
		what.words[1] = (uint64_t)sx->stx_dev_major << 32 | sx->stx_dev_minor;
		what.words[2] = sx->stx_ino;
		what.words[3] = (uint64_t)sx->stx_mtime.tv_sec;
		what.words[4] = (uint64_t)sx->stx_ctime.tv_sec;
		what.words[5] = (uint64_t)sx->stx_mtime.tv_nsec << 32 | sx->stx_ctime.tv_nsec;
	} else {
		what.words[6] = (uint64_t)sx->stx_rdev_major << 32 | sx->stx_rdev_minor;
		what.words[7] = sx->stx_mode;
	}
	read_head(s, what.head);
	hash_content(&what, sizeof(what), s->fingerprint);
}

static bool
open_source(struct image_source *s, const char *path, struct error *error)
{
	const int nonblock = 04000; /* a FIFO must not hold us up */
	struct statx sx;
	uint32_t type;
	long ret;

	s->path = path;
	s->size = 0;
	s->fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC | nonblock, 0);
	if (s->fd < 0)
		return error_set(error, path, -s->fd, "cannot open the image");
	ret = sys_call(__NR_statx, s->fd, (long)"", SYS_AT_EMPTY_PATH, STATX_BASIC_STATS, (long)&sx,
		       0);
	if (ret == 0)
		ret = sys_fstat(s->fd, &s->id);
	if (ret < 0)
		return error_set(error, path, (int)-ret, "cannot open the image");
	type = sx.stx_mode & MODE_TYPE;
	if (type == MODE_FILE)
		s->size = sx.stx_size;
	else if (type == MODE_BLOCK_DEVICE)
		sys_call(__NR_ioctl, s->fd, (long)BLKGETSIZE64, (long)&s->size, 0, 0, 0);
	else if (type == MODE_CHARACTER_DEVICE)
		s->size = character_device_size(s->fd, &sx);
	else
		return error_set(error, path, 0,
				 "not an image: neither a regular file nor a device");
	if (s->size == 0)
		return error_set(error, path, 0, "not an image: no bytes in it (size)");
	hash_fingerprint(s, &sx, type == MODE_FILE);
	return true;
}

static void
proc_identity_link(const struct image_source *s, const struct image_place *place, char *path,
		   size_t size)
{
	char name[2 * HASH_SIZE + 1];

	hash_text(s->fingerprint, name);
	message_format(path, size, "%s/id-%s", place->dir, name);
}

/* The import that a link of the store names for this fingerprint. */
static bool
find_import(const struct image_source *s, struct image_place *place)
{
	char link[STORE_PATH + 128], name[2 * HASH_SIZE + 1];

	if (!store_is_safe(place->store) || !store_directory_is_safe(place->dir))
		return false;
	proc_identity_link(s, place, link, sizeof(link));
	if (sys_readlink(link, name, sizeof(name)) != 2 * HASH_SIZE)
		return false;
	name[2 * HASH_SIZE] = 0;
	if (strchr(name, '/'))
		return false;
	message_format(place->home, sizeof(place->home), "%s/%s", place->dir, name);
	return image_is_imported(place);
}

bool
image_is_imported(const struct image_place *place)
{
	char path[sizeof(place->home) + 64];
	struct file_id id;

	message_format(path, sizeof(path), "%s/root", place->home);
	if (!store_directory_is_safe(place->home) || !store_directory_is_safe(path))
		return false;
	message_format(path, sizeof(path), "%s/root" IMAGE_TABLE, place->home);
	return sys_stat(path, &id) == 0 && store_trusts(&id);
}

void
image_note_fingerprint(const struct image_source *source, const struct image_place *place)
{
	char link[STORE_PATH + 128], temp[STORE_PATH + 160];

	proc_identity_link(source, place, link, sizeof(link));
	message_format(temp, sizeof(temp), "%s.%d", link, sys_getpid());
	sys_call(__NR_symlinkat, (long)base_name(place->home), SYS_AT_FDCWD, (long)temp, 0, 0, 0);
	if (sys_rename(temp, link) < 0)
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
}

/* The n-th store's place for images. */
static bool
choose_place(struct image_place *place, int n)
{
	static struct store candidate SYS_COLD;

	if (!store_choose(&candidate, n))
		return false;
	message_format(place->store, sizeof(place->store), "%s", candidate.dir);
	message_format(place->dir, sizeof(place->dir), "%s/images", candidate.dir);
	return true;
}

static bool
find_or_import(const struct image_source *s, struct image_place *place, struct error *error)
{
	bool unusable = true;

	for (int n = 0; choose_place(place, n); n++)
		if (find_import(s, place))
			return true;
	error_set(error, s->path, 0, "no store to import it into");
	for (int n = 0; unusable && choose_place(place, n); n++) {
		if (image_import(s, place, &unusable, error))
			return true;
		if (options.verbose && unusable)
			message_print(2, "xipld: %s: not imported into %s: %s\n", s->path,
				      place->dir, error->what);
	}
	return false;
}

int
image_enter(const char *path, struct error *error)
{
	static struct image_place place SYS_COLD;
	struct image_source source;

	if (!open_source(&source, path, error))
		return error->number == ENOENT ? 127 : 126;
	if (!find_or_import(&source, &place, error) || !image_change_root(&source, &place, error))
		return 126;
	sys_close(source.fd);
	options.store = IMAGE_STORE;
	file_policy_in_image = true;
	inside.image = source.id;
	if (sys_stat(IMAGE_TABLE, &inside.table_file) < 0)
		inside.looked = true; /* and nothing was found */
	return 0;
}

bool
image_trusts(const struct file_id *id)
{
	/* in a user namespace, whoever is not mapped looks like nobody: so does root */
	return id->uid == inside.table_file.uid;
}

bool
image_is_immutable(const struct file_id *id)
{
	return image_trusts(id) && id->dev == inside.table_file.dev && !(id->mode & 022);
}

/* Open one of our own files, if it is still the one that it was. Returns a descriptor or -errno. */
static int
open_own(const char *path, const struct file_id *then, struct file_id *now)
{
	int fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (fd < 0 || (sys_fstat(fd, now) == 0 && now->dev == then->dev && now->ino == then->ino))
		return fd;
	sys_close(fd);
	return -ENOENT;
}

int
image_open_image(struct file_id *id)
{
	return open_own(IMAGE_FILE, &inside.image, id);
}

static void
load_table(void)
{
	struct file_id id;
	long at = -1;
	int fd = open_own(IMAGE_TABLE, &inside.table_file, &id);

	inside.looked = true;
	if (fd >= 0 && id.size > 0 && store_trusts(&id))
		at = sys_mmap(0, (size_t)id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		sys_close(fd);
	if (!sys_failed(at) && xip_open(&inside.table, (const void *)at, (size_t)id.size))
		return;
	inside.table.nfiles = 0;
	if (options.verbose)
		message_print(2, "xipld: nothing is mapped from the image: its table is damaged\n");
}

/* Not every device can be mapped: ask with its first page. */
static void
check_mappable(void)
{
	struct file_id id;
	int fd = open_own(IMAGE_FILE, &inside.image, &id);
	long at = fd < 0 ? fd
			 : sys_mmap(0, XIP_PAGE, SYS_PROT_READ | SYS_PROT_EXEC, SYS_MAP_PRIVATE, fd,
				    0);

	if (fd >= 0)
		sys_close(fd);
	if (!sys_failed(at)) {
		sys_munmap((uintptr_t)at, XIP_PAGE);
		return;
	}
	inside.table.nfiles = 0;
	if (options.verbose)
		message_print(2,
			      "xipld: nothing is mapped from the image: it cannot be mapped: %s\n",
			      sys_strerror((int)-at) ? sys_strerror((int)-at) : "error");
}

struct xip_extents
image_extents(const struct file_id *id)
{
	/* what is linked to be put into an image is not to know where in it anything lies */
	if (options.link_seed)
		return (struct xip_extents){0};
	if (!inside.looked) {
		load_table();
		check_mappable();
	}
	if (id->dev != inside.table_file.dev || page_size != XIP_PAGE)
		return (struct xip_extents){0};
	return xip_find(&inside.table, id->ino, (uint64_t)id->size);
}

bool
image_map_extents(const struct xip_extents *runs, uintptr_t at, uint64_t offset, size_t size,
		  int prot)
{
	struct file_id id;
	int fd = open_own(IMAGE_FILE, &inside.image, &id);
	bool ok = true;

	if (fd < 0)
		return true; /* not to be seen any more: the file's own pages are as good */
	for (size_t done = 0; ok && done < size;) {
		struct xip_piece p = xip_next(runs, offset + done, size - done);

		if (p.in_place)
			ok = !sys_failed(sys_mmap(at + done, p.size, prot,
						  SYS_MAP_PRIVATE | SYS_MAP_FIXED, fd, p.offset));
		done += p.size;
	}
	sys_close(fd);
	return ok;
}
