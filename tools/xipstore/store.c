#include "xipstore/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/epoch.h"
#include "lib/trust.h"
#include "xipstore/files.h"

static bool
default_dir(char *dir, size_t size, struct error *error)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		snprintf(dir, size, "%s", SYSTEM_STORE);
	else if (cache && cache[0] == '/')
		snprintf(dir, size, "%s/xipld", cache);
	else if (home && home[0] == '/')
		snprintf(dir, size, "%s/.cache/xipld", home);
	else
		return error_set(
			error, "store", 0,
			"neither --store, XIPLD_STORE, XDG_CACHE_HOME nor HOME says where");
	return true;
}

const char *
store_named(const char *given)
{
	if (!given || !*given)
		given = getenv("XIPLD_STORE");
	return given && *given ? given : NULL;
}

bool
store_is_default(const char *given)
{
	return !store_named(given);
}

static void
read_epoch(struct store *s, struct error *damage)
{
	char path[STORE_PATH + 32];
	const char *wrong;
	struct epoch_file e;
	struct error error = {0};
	size_t size;
	char *bytes;

	snprintf(path, sizeof(path), "%s/epoch", s->dir);
	bytes = file_read(path, true, sizeof(e), &size, &error);
	wrong = bytes ? NULL : "";
	if (bytes) {
		memcpy(&e, bytes, size < sizeof(e) ? size : sizeof(e));
		wrong = epoch_check(&e, size);
		if (wrong)
			error_set(&error, path, 0, "%s", wrong);
	}
	free(bytes);
	if (wrong && damage)
		*damage = error;
	if (wrong)
		return;
	s->has_epoch = true;
	s->epoch = e.number;
	s->base = e.base;
	s->size = e.size;
	snprintf(s->epoch_dir, sizeof(s->epoch_dir), "%s/e-%lx", s->dir, (unsigned long)e.number);
}

static bool
is_well_placed(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool placed = fd >= 0 && trust_parents(fd, geteuid());

	if (fd >= 0)
		close(fd);
	return placed;
}

bool
store_open(struct store *s, const char *given, struct error *damage, struct error *error)
{
	char dir[STORE_PATH], real[PATH_MAX];
	struct file_look look;

	*s = (struct store){.lock = -1};
	if (damage)
		*damage = (struct error){0};
	given = store_named(given);
	if (given) {
		if (snprintf(dir, sizeof(dir), "%s", given) >= (int)sizeof(dir))
			return error_set(error, "store", 0, "its path is too long");
	} else if (!default_dir(dir, sizeof(dir), error)) {
		return false;
	}
	if (!realpath(dir, real))
		return error_set(error, dir, errno, "there is no store");
	if (snprintf(s->dir, sizeof(s->dir), "%s", real) >= (int)sizeof(s->dir))
		return error_set(error, "store", 0, "its path is too long");
	errno = file_look(s->dir, &look);
	if (errno)
		return error_set(error, s->dir, errno, "cannot be read");
	if (!look.directory)
		return error_set(error, s->dir, 0, "is not a directory");
	if (file_distrust(&look))
		return error_set(error, s->dir, 0, "store refused: it %s", file_distrust(&look));
	if (!is_well_placed(s->dir))
		return error_set(error, s->dir, 0,
				 "store refused: another user can put another in its place");
	read_epoch(s, damage);
	return true;
}

bool
store_may_write(const struct store *s, struct error *error)
{
	return access(s->dir, W_OK) == 0 || error_set(error, s->dir, errno, "cannot be changed");
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
lock_epoch(const char *epoch_dir, unsigned seconds, struct error *error)
{
	char path[STORE_PATH + 64];
	const struct timespec nap = {0, 20000000};
	double end = seconds_now() + seconds;
	int fd;

	snprintf(path, sizeof(path), "%s/lock", epoch_dir);
	/* whoever can read the file can lock it; one is made only where none is */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		error_set(error, path, errno, "cannot be opened");
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			error_set(error, path, errno, "cannot be locked");
			close(fd);
			return -1;
		}
		if (seconds_now() >= end) {
			error_set(error, epoch_dir, 0,
				  "store is busy: another process publishes or collects (lock)");
			close(fd);
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return fd;
}

bool
store_lock(struct store *s, unsigned seconds, struct error *error)
{
	for (;;) {
		struct store now = *s;

		/* an epoch that nobody has published into yet has no directory */
		if (mkdir(s->epoch_dir, 0755) < 0 && errno != EEXIST)
			return error_set(error, s->epoch_dir, errno, "cannot be made");
		s->lock = lock_epoch(s->epoch_dir, seconds, error);
		if (s->lock < 0)
			return false;
		now.has_epoch = false;
		read_epoch(&now, error);
		if (now.has_epoch && now.epoch == s->epoch)
			return true;
		/* while we waited a new one was begun, whose lock is the one to have */
		store_unlock(s);
		if (!now.has_epoch)
			return false;
		*s = now;
	}
}

void
store_unlock(struct store *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}
