#include "base/namespace.h"
#include "base/process_args.h"
#include "lib/message.h"
#include "lib/sys.h"

#include <linux/capability.h>
#include <linux/mount.h>

#define CLONE_NEWNS 0x00020000
#define CLONE_NEWUSER 0x10000000

static bool has_user_namespace;

/* Write a file of /proc/self. */
static bool
write_own(const char *path, const char *text)
{
	int fd = sys_open(path, SYS_O_WRONLY | SYS_O_CLOEXEC, 0);
	bool ok = fd >= 0 && sys_write(fd, text, strlen(text)) == (long)strlen(text);

	if (fd >= 0)
		sys_close(fd);
	return ok;
}

/* A user namespace in which we are who we are, and nobody else is anybody. */
static bool
make_user_namespace(const char *file, const char *what, struct error *error)
{
	unsigned uid = (unsigned)process_args_aux(&process_args, AT_EUID);
	unsigned gid = (unsigned)process_args_aux(&process_args, AT_EGID);
	char map[64];
	long ret = sys_call(__NR_unshare, CLONE_NEWUSER | CLONE_NEWNS, 0, 0, 0, 0, 0);

	if (ret < 0)
		return error_set(error, file, (int)-ret, "%s: no namespace (unshare)", what);
	write_own("/proc/self/setgroups", "deny");
	message_format(map, sizeof(map), "%u %u 1", gid, gid);
	if (!write_own("/proc/self/gid_map", map))
		return error_set(error, file, 0, "%s (/proc/self/gid_map)", what);
	message_format(map, sizeof(map), "%u %u 1", uid, uid);
	if (!write_own("/proc/self/uid_map", map))
		return error_set(error, file, 0, "%s (/proc/self/uid_map)", what);
	has_user_namespace = true;
	return true;
}

bool
namespace_make(const char *file, const char *what, struct error *error)
{
	long ret = -1;

	if (process_args_aux(&process_args, AT_EUID) == 0)
		ret = sys_call(__NR_unshare, CLONE_NEWNS, 0, 0, 0, 0, 0);
	if (ret < 0 && !make_user_namespace(file, what, error))
		return false;
	ret = sys_call(__NR_mount, 0, (long)"/", 0, (long)(MS_REC | MS_PRIVATE), 0, 0);
	if (ret < 0)
		return error_set(error, file, (int)-ret, "%s: mounts stay shared (mount)", what);
	return true;
}

SYS_HOT void
namespace_drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (has_user_namespace)
		sys_call(__NR_capset, (long)&header, (long)none, 0, 0, 0, 0);
}
