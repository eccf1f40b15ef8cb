/* A mount namespace whose root is an image's tree. */
#include "image/image.h"
#include "host/host.h"
#include "host/resident.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>

#define CLONE_NEWNS 0x00020000
#define CLONE_NEWUSER 0x10000000
#define MNT_DETACH 2
#define O_PATH 010000000
#define O_NOFOLLOW 0400000
#define AT_RECURSIVE_FLAG 0x8000 /* AT_RECURSIVE */
#define PATH_SIZE 4096

static bool has_user_namespace;

/* Write a file of /proc/self. */
static bool
tell_kernel(const char *path, const char *text)
{
	int fd = sys_open(path, SYS_O_WRONLY | SYS_O_CLOEXEC, 0);
	bool ok = fd >= 0 && sys_write(fd, text, strlen(text)) == (long)strlen(text);

	if (fd >= 0)
		sys_close(fd);
	return ok;
}

/* A user namespace in which we are who we are, and nobody else is anybody. */
static bool
make_user_namespace(struct fault *fault, const char *image)
{
	unsigned uid = (unsigned)start_aux(&process_start, AT_EUID);
	unsigned gid = (unsigned)start_aux(&process_start, AT_EGID);
	char map[64];
	long ret = sys_call(__NR_unshare, CLONE_NEWUSER | CLONE_NEWNS, 0, 0, 0, 0, 0);

	if (ret < 0)
		return fault_set(fault, image, (int)-ret,
				 "cannot enter the image: no namespace (unshare)");
	tell_kernel("/proc/self/setgroups", "deny");
	message_format(map, sizeof(map), "%u %u 1", gid, gid);
	if (!tell_kernel("/proc/self/gid_map", map))
		return fault_set(fault, image, 0, "cannot enter the image (/proc/self/gid_map)");
	message_format(map, sizeof(map), "%u %u 1", uid, uid);
	if (!tell_kernel("/proc/self/uid_map", map))
		return fault_set(fault, image, 0, "cannot enter the image (/proc/self/uid_map)");
	has_user_namespace = true;
	return true;
}

static bool
make_namespace(const char *image, struct fault *fault)
{
	long ret = -1;

	if (start_aux(&process_start, AT_EUID) == 0)
		ret = sys_call(__NR_unshare, CLONE_NEWNS, 0, 0, 0, 0, 0);
	if (ret < 0 && !make_user_namespace(fault, image))
		return false;
	ret = sys_call(__NR_mount, 0, (long)"/", 0, MS_REC | MS_PRIVATE, 0, 0);
	if (ret < 0)
		return fault_set(fault, image, (int)-ret,
				 "cannot enter the image: mounts stay shared (mount)");
	return true;
}

/* A copy of a mount (of the one file or directory), not attached yet; or -errno. */
static int
clone_mount(int dir, const char *path, unsigned flags)
{
	return (int)sys_call(__NR_open_tree, dir, (long)path,
			     OPEN_TREE_CLONE | SYS_O_CLOEXEC | flags, 0, 0, 0);
}

/* Attach a cloned mount at a place in the tree; symbolic links of the tree stay inside it. */
static long
attach(int mount, int root, const char *where, uint64_t flags)
{
	struct open_how how = {.flags = O_PATH | SYS_O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT};
	int at;
	long ret;

	if (mount < 0)
		return mount;
	at = (int)sys_call(__NR_openat2, root, (long)where, (long)&how, sizeof(how), 0, 0);
	if (at < 0) {
		sys_close(mount);
		return at;
	}
	ret = sys_call(__NR_move_mount, mount, (long)"", at, (long)"",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH, 0);
	sys_close(at);
	sys_close(mount);
	return ret;
}

/* The image's file: found again in the new namespace, as a mount of the old one cannot be cloned.
 */
static int
clone_image(const struct image_source *source)
{
	int mount = clone_mount(SYS_AT_FDCWD, source->path, 0);
	struct file_id now;

	if (mount >= 0 && (sys_fstat(mount, &now) < 0 || source->id.dev != now.dev ||
			   source->id.ino != now.ino)) {
		sys_close(mount);
		return -2;
	}
	return mount;
}

static long
bind(const char *from, int root, const char *where, uint64_t flags)
{
	return attach(clone_mount(SYS_AT_FDCWD, from, AT_RECURSIVE_FLAG), root, where, flags);
}

/* One of the host's own directories: shown if the image has a directory there. */
static long
bind_host(const char *name, int root)
{
	long ret = bind(name, root, name, SYS_O_DIRECTORY | O_NOFOLLOW);

	return ret == -2 || ret == -20 || ret == -40 ? 0 : ret;
}

/* The tree as a mount of its own that nothing can be changed in. Returns its descriptor. */
static int
mount_tree(const char *path, long *error)
{
	struct mount_attr attr = {.attr_set =
					  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	int tree = clone_mount(SYS_AT_FDCWD, path, 0);

	*error = tree;
	if (tree < 0)
		return -1;
	*error = sys_call(__NR_mount_setattr, tree, (long)"", SYS_AT_EMPTY_PATH, (long)&attr,
			  sizeof(attr), 0);
	if (*error == 0)
		*error = sys_call(__NR_move_mount, tree, (long)"", SYS_AT_FDCWD, (long)path,
				  MOVE_MOUNT_F_EMPTY_PATH, 0);
	return *error == 0 ? tree : -1;
}

/* What the tree shows besides the image's own files. */
static bool
fill_tree(const struct image_source *source, const struct image_place *place, int root,
	  struct fault *fault)
{
	static const char host[][8] = {"/proc", "/sys", "/dev", "/tmp"};
	char path[sizeof(place->home) + 16];
	long ret;

	ret = attach(clone_image(source), root, IMAGE_FILE, 0);
	if (ret < 0)
		return fault_set(fault, source->path, (int)-ret,
				 "cannot show the image to its programs (mount)");
	message_format(path, sizeof(path), "%s/store", place->home);
	ret = attach(clone_mount(SYS_AT_FDCWD, path, 0), root, IMAGE_STORE, 0);
	if (ret < 0)
		return fault_set(fault, path, (int)-ret, "cannot be shown in the image (mount)");
	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		ret = bind_host(host[i], root);
		if (ret < 0)
			return fault_set(fault, host[i], (int)-ret,
					 "cannot be shown in the image (mount)");
	}
	for (uint32_t i = 0; i < launch.nbinds; i++) {
		ret = bind(launch.binds[i].from, root, launch.binds[i].to, 0);
		if (ret < 0)
			return fault_set(fault, launch.binds[i].from, (int)-ret,
					 "cannot be shown in the image (--bind)");
	}
	return true;
}

/* Make the tree the root, and let go of the old one. */
static long
change_root(int root)
{
	long ret = sys_call(__NR_fchdir, root, 0, 0, 0, 0, 0);

	if (ret == 0)
		ret = sys_call(__NR_pivot_root, (long)".", (long)".", 0, 0, 0, 0);
	if (ret == 0)
		return sys_call(__NR_umount2, (long)".", MNT_DETACH, 0, 0, 0, 0);
	/* an initramfs cannot be moved away, only covered: as switch_root(8) does */
	ret = sys_call(__NR_move_mount, root, (long)"", SYS_AT_FDCWD, (long)"/",
		       MOVE_MOUNT_F_EMPTY_PATH, 0);
	return ret < 0 ? ret : sys_call(__NR_chroot, (long)".", 0, 0, 0, 0, 0);
}

bool
image_change_root(const struct image_source *source, const struct image_place *place,
		  struct fault *fault)
{
	static char cwd[PATH_SIZE] SYS_COLD;
	char path[sizeof(place->home) + 16];
	long ret;
	int root;

	if (sys_getcwd(cwd, sizeof(cwd)) <= 0 || cwd[0] != '/')
		message_format(cwd, sizeof(cwd), "/");
	resident_keep_twin();
	if (!make_namespace(source->path, fault))
		return false;
	message_format(path, sizeof(path), "%s/root", place->home);
	root = mount_tree(path, &ret);
	if (root < 0)
		return fault_set(fault, path, (int)-ret,
				 "cannot become the root directory (mount)");
	if (!fill_tree(source, place, root, fault))
		return false;
	ret = change_root(root);
	sys_close(root);
	if (ret < 0)
		return fault_set(fault, path, (int)-ret,
				 "cannot become the root directory (pivot_root)");
	sys_call(__NR_chdir, (long)"/", 0, 0, 0, 0, 0);
	sys_call(__NR_chdir, (long)cwd, 0, 0, 0, 0, 0);
	return true;
}

void
image_drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (has_user_namespace)
		sys_call(__NR_capset, (long)&header, (long)none, 0, 0, 0, 0);
}
