#include "launch/tree.h"
#include "base/namespace.h"
#include "base/own_file.h"
#include "lib/message.h"
#include "lib/sys.h"

#include <linux/mount.h>

#define PATH_SIZE 4096

/* What programs name in PT_INTERP (psABI; musl: as its build installs it). */
static const char links[][32] = {ARCH_INTERP, "/lib/ld-musl-" ARCH_MUSL ".so.1"};
#define LINKS (sizeof(links) / sizeof(links[0]))

enum state { NOT_THERE, OURS, LINK, REAL_FILE };

static enum state
state_of(const char *path)
{
	char to[1]; /* whether it is a link, not whereto */
	int fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	bool ours = fd >= 0 && own_file_is(fd);

	if (fd < 0)
		return NOT_THERE;
	sys_close(fd);
	if (ours)
		return OURS;
	return sys_readlink(path, to, sizeof(to)) > 0 ? LINK : REAL_FILE;
}

/* Mount this loader's file over the link itself; what it leads to stays where it is. */
static long
mount_over(const char *link)
{
	char self[PATH_SIZE] = ""; /* the path: the file itself is of the namespace that we left */
	long len = sys_readlink("/proc/self/exe", self, sizeof(self) - 1);
	long file = len < 0 ? len
			    : sys_call(__NR_open_tree, SYS_AT_FDCWD, (long)self,
				       OPEN_TREE_CLONE | SYS_O_CLOEXEC, 0, 0, 0);
	long at = sys_open(link, SYS_O_PATH | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, 0), ret = -1;

	if (file >= 0 && at >= 0)
		ret = sys_call(__NR_move_mount, file, (long)"", at, (long)"",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH, 0);
	else
		ret = file < 0 ? file : at;
	if (file >= 0)
		sys_close((int)file);
	if (at >= 0)
		sys_close((int)at);
	return ret;
}

bool
tree_enter(struct error *error)
{
	bool entered = false;

	for (size_t i = 0; i < LINKS; i++) {
		long ret;

		switch (state_of(links[i])) {
		case REAL_FILE:
			if (i == 0)
				return error_set(error, links[i], 0,
						 "is no link: nothing can take its place (--tree)");
			continue;
		case LINK:
			break;
		default:
			continue;
		}
		if (!entered && !namespace_make(links[i], "cannot make a tree", error))
			return false;
		entered = true;
		ret = mount_over(links[i]);
		if (ret < 0)
			return error_set(error, links[i], (int)-ret,
					 "cannot lead to xipld (move_mount)");
	}
	namespace_drop_privileges();
	return true;
}
