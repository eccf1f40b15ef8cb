#include "store/store.h"
#include "host/host.h"
#include "image/image.h"
#include "store/region.h"
#include "sys/heap.h"

#define LOCK_EX_NB 6 /* LOCK_EX | LOCK_NB */
#define LOCK_UN 8
#define DEFAULT_SYSTEM "/var/cache/xipld"

struct store store;

static unsigned
own_uid(void)
{
	return (unsigned)start_aux(&process_start, AT_EUID);
}

static bool
is_default_user_dir(char *dir, size_t size)
{
	const char *cache = start_getenv(&process_start, "XDG_CACHE_HOME");
	const char *home = start_getenv(&process_start, "HOME");

	if (cache && cache[0] == '/')
		return message_format(dir, size, "%s/xipld", cache) < size;
	return home && home[0] == '/' && message_format(dir, size, "%s/.cache/xipld", home) < size;
}

bool
store_choose(struct store *s, int n)
{
	const char *given =
		launch.store ? launch.store : start_getenv(&process_start, "XIPLD_STORE");

	s->lock = -1;
	if (given && *given)
		return n == 0 &&
		       message_format(s->dir, sizeof(s->dir), "%s", given) < sizeof(s->dir);
	if (n == 0)
		return message_format(s->dir, sizeof(s->dir), "%s", DEFAULT_SYSTEM) <
		       sizeof(s->dir);
	return n == 1 && own_uid() != 0 && is_default_user_dir(s->dir, sizeof(s->dir));
}

bool
store_trusts(const struct file_id *id)
{
	return (id->mode & 0170000) == 0100000 &&
	       (id->uid == 0 || id->uid == own_uid() || image_trusts(id)) && !(id->mode & 022);
}

bool
store_directory_is_safe(const char *path)
{
	struct file_id id;

	return sys_stat(path, &id) == 0 && (id.mode & 0170000) == 0040000 && !(id.mode & 022) &&
	       (id.uid == 0 || id.uid == own_uid());
}

static bool
make_directory(const char *path)
{
	long ret = sys_call(__NR_mkdirat, SYS_AT_FDCWD, (long)path, 0755, 0, 0, 0);

	return (ret == 0 || ret == -17) && store_directory_is_safe(path);
}

bool
store_make_directories(const char *path)
{
	char part[STORE_PATH];

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		sys_call(__NR_mkdirat, SYS_AT_FDCWD, (long)part, 0755, 0, 0, 0);
	}
	return make_directory(path);
}

void
store_path(const struct store *s, const char *sub, const char *name, char *path, size_t size)
{
	message_format(path, size, "%s/%s%s%s", s->epoch_dir, sub, *name ? "/" : "", name);
}

bool
store_write(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		long n = sys_write(fd, p, size);

		if (n == -4)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool
read_epoch(struct store *s)
{
	char path[STORE_PATH + 32];
	struct epoch_file e;
	struct file_id id;
	int fd;
	bool ok;

	message_format(path, sizeof(path), "%s/epoch", s->dir);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = sys_fstat(fd, &id) == 0 && store_trusts(&id) &&
	     sys_read(fd, &e, sizeof(e)) == (long)sizeof(e) &&
	     memcmp(e.magic, EPOCH_MAGIC, sizeof(e.magic)) == 0 &&
	     e.checksum == hash_checksum(&e.version,
					 sizeof(e) - offsetof(struct epoch_file, version), 0) &&
	     e.version == STORE_VERSION && e.machine == ARCH_MACHINE && e.page_size == page_size &&
	     region_find(e.base, e.size);
	sys_close(fd);
	if (!ok)
		return false;
	s->epoch = e.number;
	s->base = e.base;
	s->size = e.size;
	message_format(s->epoch_dir, sizeof(s->epoch_dir), "%s/e-%lx", s->dir, s->epoch);
	return true;
}

/* Chance; for an image, its seed's. */
static bool
random_words(uint64_t words[2])
{
	if (!launch.link_seed)
		return sys_call(__NR_getrandom, (long)words, 16, 0, 0, 0, 0) == 16;
	words[0] = hash_checksum(&launch.link_seed, sizeof(launch.link_seed), 1);
	words[1] = hash_checksum(&launch.link_seed, sizeof(launch.link_seed), 2);
	return true;
}

/* Written aside and linked into place, so that the first of several makers wins. */
static bool
write_epoch(struct store *s, uint64_t number, uint64_t base, uint64_t size)
{
	char path[STORE_PATH + 32], temp[STORE_PATH + 64];
	struct epoch_file e = {.version = STORE_VERSION,
			       .machine = ARCH_MACHINE,
			       .number = number,
			       .base = base,
			       .size = size,
			       .page_size = page_size};
	int fd;
	bool ok;

	memcpy(e.magic, EPOCH_MAGIC, sizeof(e.magic));
	e.checksum = hash_checksum(&e.version, sizeof(e) - offsetof(struct epoch_file, version), 0);
	message_format(path, sizeof(path), "%s/epoch", s->dir);
	message_format(temp, sizeof(temp), "%s/epoch.%lx", s->dir, number);
	fd = sys_open(temp, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	ok = store_write(fd, &e, sizeof(e)) && sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;
	sys_close(fd);
	if (ok && !read_epoch(s)) {
		/* an epoch file that cannot be read is of another version, or damaged: replaced */
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)path, 0, 0, 0, 0);
		sys_call(__NR_linkat, SYS_AT_FDCWD, (long)temp, SYS_AT_FDCWD, (long)path, 0, 0);
	}
	sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)temp, 0, 0, 0, 0);
	return ok && read_epoch(s);
}

/* A fresh epoch with a random base. */
static bool
begin_epoch(struct store *s)
{
	const struct arch_region *region = region_choose();
	uint64_t random[2];

	return random_words(random) &&
	       write_epoch(s, random[0] >> 16, region_base(region, random[1]), region->size);
}

static bool
make_epoch_directories(struct store *s)
{
	static const char subs[][8] = {"objects", "linked"};
	char path[STORE_PATH + 64];

	message_format(path, sizeof(path), "%s/plans", s->dir);
	if (!make_directory(s->epoch_dir) || !make_directory(path))
		return false;
	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		store_path(s, subs[i], "", path, sizeof(path));
		if (!make_directory(path))
			return false;
	}
	return true;
}

static bool
take_lock(struct store *s)
{
	char path[STORE_PATH + 64];

	store_path(s, "lock", "", path, sizeof(path));
	/* who can open it can lock it */
	s->lock = sys_open(path, SYS_O_RDWR | SYS_O_CREAT | SYS_O_CLOEXEC, 0600);
	return s->lock >= 0 && sys_call(__NR_flock, s->lock, LOCK_EX_NB, 0, 0, 0, 0) == 0;
}

static bool
epoch_is_current(const struct store *s)
{
	struct store now = *s;

	return read_epoch(&now) && now.epoch == s->epoch;
}

bool
store_open_for_publishing(struct store *s)
{
	if (!store_make_directories(s->dir))
		s->why_not = "store-unwritable";
	else if (!read_epoch(s) && !begin_epoch(s))
		s->why_not = "store-unwritable";
	else if (!make_epoch_directories(s))
		s->why_not = "store-unwritable";
	else if (!take_lock(s))
		s->why_not = "store-busy";
	else if (!epoch_is_current(s)) /* begun anew before we had the lock (xipstore rebase) */
		s->why_not = "store-busy";
	else
		return true;
	store_close(s);
	return false;
}

bool
store_make(struct store *s, uint64_t number, uint64_t base, uint64_t size)
{
	return write_epoch(s, number, base, size) && make_epoch_directories(s);
}

bool
store_is_current(struct store *s)
{
	return read_epoch(s);
}

bool
store_lock(struct store *s)
{
	struct store was = *s;

	if (store_open_for_publishing(s) && s->epoch == was.epoch)
		return true;
	store_close(s);
	*s = was; /* what this process has mapped is of its own epoch still */
	return false;
}

void
store_close(struct store *s)
{
	if (s->lock >= 0) {
		/* a child forked meanwhile has the descriptor, and would keep the lock with it */
		sys_call(__NR_flock, s->lock, LOCK_UN, 0, 0, 0, 0);
		sys_close(s->lock);
	}
	s->lock = -1;
}
