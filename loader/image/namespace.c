/* A mount namespace whose root is an image's tree. */
#include "image/image.h"
#include "base/namespace.h"

#include <linux/mount.h>

#define MNT_DETACH 2
#define PATH_SIZE 4096

static long
mount(const char *from, const char *where, unsigned long flags)
{
	return sys_call(__NR_mount, (long)from, (long)where, 0, (long)flags, 0, 0);
}

/*
 * What the tree shows of the host. All is opened before the root changes, as its paths are the
 * host's, and mounted afterwards, so that the image's symbolic links stay inside it.
 */
struct shown {
	const char *from, *where;
	int fd;
	bool if_there; /* only if the image has a directory there */
};

enum { NHOST = 4, NOWN = 2, MAX_SHOWN = NOWN + NHOST + MAX_BINDS };

static bool
open_shown(struct shown *shown, uint32_t n, struct error *error)
{
	for (uint32_t i = 0; i < n; i++) {
		shown[i].fd = sys_open(shown[i].from, SYS_O_PATH | SYS_O_CLOEXEC, 0);
		if (shown[i].fd < 0 && !shown[i].if_there)
			return error_set(error, shown[i].from, -shown[i].fd,
					 "cannot be shown in the image");
	}
	return true;
}

/* The working directory is the host's root: its /proc leads to what was opened. */
static long
show(const struct shown *s)
{
	char from[40], where[PATH_SIZE];
	int at;

	if (s->if_there) {
		at = sys_open(s->where,
			      SYS_O_PATH | SYS_O_DIRECTORY | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, 0);
		if (at < 0 || s->fd < 0)
			return at == -ENOENT || at == -ENOTDIR || at == -ELOOP ? 0
			       : at < 0					       ? at
									       : s->fd;
		sys_close(at);
	}
	message_format(from, sizeof(from), "proc/self/fd/%d", s->fd);
	if (message_format(where, sizeof(where), "/%s", s->where) >= sizeof(where))
		return -ENAMETOOLONG;
	return mount(from, where, MS_BIND | MS_REC);
}

static bool
show_all(const struct shown *shown, uint32_t n, struct error *error)
{
	long ret;

	for (uint32_t i = 0; i < n; i++) {
		ret = show(&shown[i]);
		if (shown[i].fd >= 0)
			sys_close(shown[i].fd);
		if (ret < 0)
			return error_set(error, shown[i].from, (int)-ret,
					 "cannot be shown in the image (mount)");
	}
	return true;
}

/* The list of it: the image, its store, the host's own directories, --bind. */
static uint32_t
list_shown(struct shown *shown, const char *image, const char *its_store)
{
	static const char host[NHOST][8] = {"/proc", "/sys", "/dev", "/tmp"};
	uint32_t n = 0;

	shown[n++] = (struct shown){.from = image, .where = IMAGE_FILE};
	shown[n++] = (struct shown){.from = its_store, .where = IMAGE_STORE};
	for (uint32_t i = 0; i < NHOST; i++)
		shown[n++] = (struct shown){.from = host[i], .where = host[i], .if_there = true};
	for (uint32_t i = 0; i < options.nbinds; i++)
		shown[n++] =
			(struct shown){.from = option_binds[i].from, .where = option_binds[i].to};
	return n;
}

/* The tree as a mount of its own that nothing can be changed in, and the working directory. */
static long
mount_tree(const char *path)
{
	long ret = mount(path, path, MS_BIND);

	if (ret == 0)
		ret = sys_call(__NR_chdir, (long)path, 0, 0, 0, 0, 0);
	if (ret == 0)
		ret = mount(NULL, ".", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV);
	return ret;
}

/* Make the working directory the root. *covered: the old one cannot be let go of. */
static long
change_root(bool *covered)
{
	long ret = sys_call(__NR_pivot_root, (long)".", (long)".", 0, 0, 0, 0);

	*covered = ret < 0;
	if (ret == 0)
		return 0;
	/* an initramfs cannot be moved away, only covered: as switch_root(8) does */
	ret = mount(".", "/", MS_MOVE);
	return ret < 0 ? ret : sys_call(__NR_chroot, (long)".", 0, 0, 0, 0, 0);
}

/* The same file as was imported, seen from the new namespace. */
static bool
is_source(const struct image_source *source, int fd)
{
	struct file_id now;

	return sys_fstat(fd, &now) == 0 && source->id.dev == now.dev && source->id.ino == now.ino;
}

/* Enter the tree, and show in it what is to be seen there. */
static bool
enter_tree(const struct image_source *source, const char *tree, const char *its_store,
	   struct error *error)
{
	static struct shown shown[MAX_SHOWN] SYS_COLD;
	uint32_t n = list_shown(shown, source->path, its_store);
	int old = sys_open("/", SYS_O_PATH | SYS_O_DIRECTORY | SYS_O_CLOEXEC, 0);
	bool covered, ok;
	long ret;

	if (!open_shown(shown, n, error))
		return false;
	if (!is_source(source, shown[0].fd))
		return error_set(error, source->path, ENOENT,
				 "cannot show the image to its programs (mount)");
	ret = mount_tree(tree);
	if (ret < 0)
		return error_set(error, tree, (int)-ret,
				 "cannot become the root directory (mount)");
	ret = change_root(&covered);
	if (ret == 0)
		ret = sys_call(__NR_fchdir, old, 0, 0, 0, 0, 0);
	sys_close(old);
	if (ret < 0)
		return error_set(error, tree, (int)-ret,
				 "cannot become the root directory (pivot_root)");
	ok = show_all(shown, n, error);
	if (ok && !covered)
		ret = sys_call(__NR_umount2, (long)".", MNT_DETACH, 0, 0, 0, 0);
	if (ret < 0)
		return error_set(error, tree, (int)-ret,
				 "cannot become the root directory (umount)");
	return ok;
}

bool
image_change_root(const struct image_source *source, const struct image_place *place,
		  struct error *error)
{
	static char cwd[PATH_SIZE] SYS_COLD;
	char tree[sizeof(place->home) + 16], its_store[sizeof(place->home) + 16];

	if (sys_getcwd(cwd, sizeof(cwd)) <= 0 || cwd[0] != '/')
		message_format(cwd, sizeof(cwd), "/");
	message_format(tree, sizeof(tree), "%s/root", place->home);
	message_format(its_store, sizeof(its_store), "%s/store", place->home);
	if (!namespace_make(source->path, "cannot enter the image", error) ||
	    !enter_tree(source, tree, its_store, error))
		return false;
	sys_call(__NR_chdir, (long)"/", 0, 0, 0, 0, 0);
	sys_call(__NR_chdir, (long)cwd, 0, 0, 0, 0, 0);
	return true;
}
