#include "cache/store/store.h"
#include "base/process_args.h"
#include "base/file_policy.h"
#include "lib/epoch.h"
#include "lib/region.h"
#include "lib/trust.h"
#include "base/heap.h"

#include <asm/statfs.h>

#define LOCK_EX_NB 6 /* LOCK_EX | LOCK_NB */
#define LOCK_UN 8
#define DEFAULT_SYSTEM "/var/cache/xipld"

#define AT_SYMLINK_NOFOLLOW 0x100

struct store store;

/* In a user namespace that does not map root, root's files look like anybody's. At the store's own
 * place, where nobody but root can have put them, they are root's. */
static bool
owns(uint32_t uid)
{
	return trust_owner(uid, store_user()) ||
	       (uid == TRUST_OVERFLOW && store.system && trust_root_is_unmapped());
}

uint32_t
store_user(void)
{
	return (uint32_t)process_args_aux(&process_args, AT_EUID);
}

int
store_mode(bool everybody)
{
	return store_user() == 0 && everybody ? 0644 : 0600;
}

static bool
is_default_user_dir(char *dir, size_t size)
{
	const char *cache = process_args_getenv(&process_args, "XDG_CACHE_HOME");
	const char *home = process_args_getenv(&process_args, "HOME");

	if (cache && cache[0] == '/')
		return message_format(dir, size, "%s/xipld", cache) < size;
	return home && home[0] == '/' && message_format(dir, size, "%s/.cache/xipld", home) < size;
}

const char *
store_given(void)
{
	const char *given =
		options.store ? options.store : process_args_getenv(&process_args, "XIPLD_STORE");

	return given && *given && !options.interp ? given : NULL;
}

bool
store_choose(struct store *s, int n)
{
	const char *given = store_given();

	store_leave(s);
	s->lock = 0;
	s->system = false;
	s->known = (struct file_id){0};
	if (given)
		return n == 0 &&
		       message_format(s->dir, sizeof(s->dir), "%s", given) < sizeof(s->dir);
	s->system = n == 0;
	if (n == 0)
		return message_format(s->dir, sizeof(s->dir), "%s", DEFAULT_SYSTEM) <
		       sizeof(s->dir);
	return n == 1 && store_user() != 0 && is_default_user_dir(s->dir, sizeof(s->dir));
}

bool
store_trusts(const struct file_id *id)
{
	return mode_is_file(id->mode) && (owns(id->uid) || file_trusts(id)) &&
	       !(id->mode & MODE_OTHERS_WRITE);
}

static bool
is_safe_directory(const struct file_id *id)
{
	return mode_is_directory(id->mode) && !(id->mode & MODE_OTHERS_WRITE) &&
	       (owns(id->uid) || file_trusts(id));
}

bool
store_directory_is_safe(const char *path)
{
	struct file_id id;

	return sys_stat(path, &id) == 0 && is_safe_directory(&id);
}

static int
open_directory(const struct store *s)
{
	return sys_open(s->dir, SYS_O_PATH | SYS_O_DIRECTORY | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, 0);
}

/* Enter the directory that was opened, if it and those above it are as they must be: once looked
 * at, it is known. Else it is closed. */
static bool
enter_directory(struct store *s, int fd)
{
	struct file_id id;

	if (sys_fstat(fd, &id) == 0 && is_safe_directory(&id) &&
	    ((id.ino == s->known.ino && id.dev == s->known.dev) || s->system ||
	     file_policy_in_image || trust_parents(fd, store_user()))) {
		s->known = id;
		s->opened = fd + 1;
		return true;
	}
	sys_close(fd);
	return false;
}

static int
directory_of(const struct store *s)
{
	return s->opened - 1;
}

bool
store_enter(struct store *s)
{
	int fd;

	if (s->opened)
		return true;
	fd = open_directory(s);
	return fd >= 0 && enter_directory(s, fd);
}

void
store_leave(struct store *s)
{
	if (s->opened)
		sys_close(directory_of(s));
	s->opened = 0;
}

/* What of the path follows the store's directory; NULL: it is none of the store's. */
static const char *
below(const struct store *s, const char *path)
{
	size_t len = strlen(s->dir);

	return starts_with(path, s->dir) && path[len] == '/' ? path + len + 1 : NULL;
}

bool
store_has(const struct store *s, const char *path)
{
	return below(s, path) != NULL;
}

int
store_open_file(struct store *s, const char *path, int flags, int mode)
{
	const char *rest = below(s, path);

	if (!rest || !store_enter(s))
		return -EACCES;
	return (int)sys_call(__NR_openat, directory_of(s), (long)rest,
			     flags | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, mode, 0, 0);
}

int
store_open_plan(struct store *s, const char *path)
{
	int dir, fd;

	if (s->opened || !below(s, path))
		return store_open_file(s, path, SYS_O_RDONLY, 0);
	dir = open_directory(s);
	if (dir < 0)
		return dir;
	fd = (int)sys_call(__NR_openat, dir, (long)below(s, path),
			   SYS_O_RDONLY | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, 0, 0, 0);
	if (fd < 0) {
		sys_close(dir);
		return fd;
	}
	if (enter_directory(s, dir))
		return fd;
	sys_close(fd);
	return -EACCES;
}

int
store_stat(struct store *s, const char *path, struct file_id *id)
{
	const char *rest = below(s, path);

	return rest && store_enter(s) ? sys_stat_at(directory_of(s), rest, id) : -13;
}

void
store_remove(struct store *s, const char *path)
{
	const char *rest = below(s, path);

	if (rest && store_enter(s))
		sys_call(__NR_unlinkat, directory_of(s), (long)rest, 0, 0, 0, 0);
}

bool
store_rename(struct store *s, const char *from, const char *to)
{
	const char *old = below(s, from), *new = below(s, to);

	return old && new &&store_enter(s) &&
	       sys_call(__NR_renameat2, directory_of(s), (long)old, directory_of(s), (long)new, 0,
			0) == 0;
}

static int
directory_mode(void)
{
	return store_user() == 0 ? 0755 : 0700;
}

bool
store_make_directory(struct store *s, const char *path)
{
	const char *rest = below(s, path);
	struct file_id id;
	long ret = -13;

	if (rest && store_enter(s))
		ret = sys_call(__NR_mkdirat, directory_of(s), (long)rest, directory_mode(), 0, 0,
			       0);
	return (ret == 0 || ret == -EEXIST) && store_stat(s, path, &id) == 0 &&
	       is_safe_directory(&id);
}

/* May a directory be made in this one, whose path may be a link's: nobody else leads us elsewhere?
 */
static bool
is_safe_way(const char *path)
{
	struct statx sx;
	struct file_id id;

	if (sys_call(__NR_statx, SYS_AT_FDCWD, (long)path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS,
		     (long)&sx, 0) < 0 ||
	    !owns(sx.stx_uid) || sys_stat(path, &id) < 0)
		return false;
	return owns(id.uid) && (!(id.mode & MODE_OTHERS_WRITE) || (id.mode & MODE_STICKY));
}

bool
store_make_directories(const char *path)
{
	char part[STORE_PATH];
	long ret;

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/' || path[i + 1] == '/')
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		sys_call(__NR_mkdirat, SYS_AT_FDCWD, (long)part, directory_mode(), 0, 0, 0);
		if (!is_safe_way(part))
			return false;
	}
	ret = sys_call(__NR_mkdirat, SYS_AT_FDCWD, (long)path, directory_mode(), 0, 0, 0);
	return (ret == 0 || ret == -EEXIST) && store_directory_is_safe(path);
}

bool
store_is_safe(const char *dir)
{
	struct store probe = {.opened = 0};
	bool safe;

	if (message_format(probe.dir, sizeof(probe.dir), "%s", dir) >= sizeof(probe.dir))
		return false;
	safe = store_enter(&probe);
	store_leave(&probe);
	return safe;
}

bool
store_forbids_execution(int fd)
{
	struct statfs fs;

	return sys_call(__NR_fstatfs, fd, (long)&fs, 0, 0, 0, 0) == 0 &&
	       (fs.f_flags & SYS_ST_NOEXEC);
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

		if (n == -EINTR)
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
	fd = store_open_file(s, path, SYS_O_RDONLY, 0);
	if (fd < 0)
		return false;
	ok = sys_fstat(fd, &id) == 0 && store_trusts(&id) &&
	     sys_read(fd, &e, sizeof(e)) == (long)sizeof(e) && !epoch_check(&e, sizeof(e));
	sys_close(fd);
	if (!ok)
		return false;
	s->epoch = e.number;
	s->base = e.base;
	s->size = e.size;
	message_format(s->epoch_dir, sizeof(s->epoch_dir), "%s/e-%lx", s->dir, s->epoch);
	return true;
}

/* Random words; for an image, from its seed. */
static bool
random_words(uint64_t words[2])
{
	if (!options.link_seed)
		return sys_call(__NR_getrandom, (long)words, 16, 0, 0, 0, 0) == 16;
	words[0] = hash_checksum(&options.link_seed, sizeof(options.link_seed), 1);
	words[1] = hash_checksum(&options.link_seed, sizeof(options.link_seed), 2);
	return true;
}

/* Written aside and linked into place, so that the first of several wins. */
static bool
write_epoch(struct store *s, uint64_t number, uint64_t base, uint64_t size)
{
	char path[STORE_PATH + 32], temp[STORE_PATH + 64];
	struct epoch_file e;
	int fd;
	bool ok;

	epoch_make(&e, number, base, size);
	message_format(path, sizeof(path), "%s/epoch", s->dir);
	message_format(temp, sizeof(temp), "%s/epoch.%lx", s->dir, number);
	fd = store_open_file(s, temp, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL, store_mode(true));
	if (fd < 0)
		return false;
	ok = store_write(fd, &e, sizeof(e)) && sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;
	sys_close(fd);
	if (ok &&
	    sys_call(__NR_linkat, directory_of(s), (long)below(s, temp), directory_of(s),
		     (long)below(s, path), 0, 0) == -EEXIST &&
	    !read_epoch(s)) /* of another version, or damaged: replaced */
		store_rename(s, temp, path);
	store_remove(s, temp);
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
	static const char subs[][16] = {"objects", "relocated"};
	char path[STORE_PATH + 64];

	message_format(path, sizeof(path), "%s/plans", s->dir);
	if (!store_make_directory(s, s->epoch_dir) || !store_make_directory(s, path))
		return false;
	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		store_path(s, subs[i], "", path, sizeof(path));
		if (!store_make_directory(s, path))
			return false;
	}
	return true;
}

static bool
take_lock(struct store *s)
{
	char path[STORE_PATH + 64];
	int fd;

	store_path(s, "lock", "", path, sizeof(path));
	/* who can open it can lock it */
	fd = store_open_file(s, path, SYS_O_RDWR | SYS_O_CREAT, 0600);
	if (fd < 0)
		return false;
	s->lock = fd + 1;
	return sys_call(__NR_flock, fd, LOCK_EX_NB, 0, 0, 0, 0) == 0;
}

static bool
epoch_is_current(struct store *s)
{
	struct store now = *s; /* with the same descriptors */

	return read_epoch(&now) && now.epoch == s->epoch;
}

/* A write beyond the limit would end the process (SIGXFSZ). */
static bool
files_are_limited(void)
{
	return sys_limit(SYS_RLIMIT_FSIZE) != SYS_NO_LIMIT;
}

bool
store_open_for_publishing(struct store *s)
{
	if (files_are_limited())
		s->failure = PUBLISH_FILE_SIZE_LIMIT;
	else if (!store_enter(s) && (!store_make_directories(s->dir) || !store_enter(s)))
		s->failure = PUBLISH_STORE_UNWRITABLE;
	else if (store_forbids_execution(directory_of(s)))
		s->failure = PUBLISH_STORE_NOEXEC;
	else if (!read_epoch(s) && !begin_epoch(s))
		s->failure = PUBLISH_STORE_UNWRITABLE;
	else if (!make_epoch_directories(s))
		s->failure = PUBLISH_STORE_UNWRITABLE;
	else if (!take_lock(s))
		s->failure = PUBLISH_STORE_BUSY;
	else if (!epoch_is_current(s)) /* a new one before we had the lock (xipstore rerandomize) */
		s->failure = PUBLISH_STORE_BUSY;
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

	if (!files_are_limited() && read_epoch(s) && s->epoch == was.epoch && take_lock(s) &&
	    epoch_is_current(s))
		return true;
	store_close(s);
	was.opened = was.lock = 0;
	*s = was; /* what this process has mapped is of its own epoch still */
	return false;
}

void
store_close(struct store *s)
{
	if (s->lock) {
		/* a child forked meanwhile has the descriptor, and would keep the lock with it */
		sys_call(__NR_flock, s->lock - 1, LOCK_UN, 0, 0, 0, 0);
		sys_close(s->lock - 1);
	}
	s->lock = 0;
	store_leave(s);
}
