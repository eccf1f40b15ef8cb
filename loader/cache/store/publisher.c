#include "cache/store/publisher.h"
#include "base/process_args.h"
#include "lib/mode.h"
#include "lib/trust.h"

#define AF_UNIX 1
#define SOCK_DGRAM 2
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define PATH_SIZE 4096

struct publisher_datagram publisher_datagram SYS_COLD;

/* As the kernel has them: unix(7), sendmsg(2), cmsg(3). */
struct address {
	uint16_t family;
	char path[108];
};

struct attached {
	uint64_t size;
	int32_t level, type, file, pad;
};

struct part {
	const void *bytes;
	size_t size;
};

struct message {
	const struct address *to;
	uint32_t to_size, pad;
	const struct part *parts;
	size_t nparts;
	const struct attached *attached;
	size_t attached_size;
	int32_t flags, more;
};

long
publisher_begin(void)
{
	const char *given = store_given();
	size_t size;

	if (!given)
		return 0;
	size = message_format(publisher_datagram.text, STORE_PATH + 8, "store=%s\n", given);
	return given[0] == '/' && size < STORE_PATH + 8 ? (long)size : -1;
}

/* The directory where publisher number n would listen; false: none. */
static SYS_HOT bool
set_directory(char *path, size_t size, int n, bool system)
{
	const char *dir = process_args_getenv(&process_args, "XDG_RUNTIME_DIR");

	if (n == 0)
		dir = system ? "/run" : NULL;
	return dir && dir[0] == '/' &&
	       message_format(path, size, "%s" REQUEST_DIRECTORY, dir) < size;
}

/*
 * Open it. What is sent tells of the environment and of memory, and a variable may have come from
 * another user (su): nobody but root and the user may have put a socket there.
 */
static int
open_directory(int n, bool system)
{
	char path[PATH_SIZE];
	struct file_id id;
	int dir;

	if (!set_directory(path, sizeof(path), n, system))
		return -ENOENT;
	dir = sys_open(path, SYS_O_PATH | SYS_O_DIRECTORY | SYS_O_NOFOLLOW | SYS_O_CLOEXEC, 0);
	if (dir < 0)
		return dir;
	if (sys_fstat(dir, &id) == 0 && trust_owner(id.uid, store_user()) &&
	    !(id.mode & MODE_OTHERS_WRITE))
		return dir;
	sys_close(dir);
	return -EACCES;
}

/* A socket, if there is something at the address. */
static int
socket_for(const struct address *a)
{
	struct file_id id;
	int err = sys_stat(a->path, &id);

	return err < 0 ? err
		       : (int)sys_call(__NR_socket, AF_UNIX,
				       SOCK_DGRAM | SYS_O_CLOEXEC | SYS_O_NONBLOCK, 0, 0, 0, 0);
}

static long
send_to(const struct address *a, size_t size, int file)
{
	const struct attached attached = {20, SOL_SOCKET, SCM_RIGHTS, file, 0};
	const struct part part = {&publisher_datagram, size};
	struct message m = {.to = a, .to_size = sizeof(*a), .parts = &part, .nparts = 1};
	int fd = socket_for(a);
	long sent;

	if (fd < 0)
		return fd;
	if (file >= 0) {
		m.attached = &attached;
		m.attached_size = sizeof(attached);
	}
	sent = sys_call(__NR_sendmsg, fd, (long)&m, 0, 0, 0, 0);
	sys_close(fd);
	return sent;
}

SYS_HOT bool
publisher_may_listen(void)
{
	char path[128]; /* a longer one has no room in a socket's address */
	struct file_id id;

	for (int n = 0; n < 2; n++)
		if (set_directory(path, sizeof(path), n, true) && sys_stat(path, &id) == 0)
			return true;
	return false;
}

/* Does anybody listen there? 0, or an error. */
static long
look_at(const struct address *a)
{
	int fd = socket_for(a);
	long err = fd;

	if (fd >= 0) {
		err = sys_call(__NR_connect, fd, (long)a, sizeof(*a), 0, 0, 0);
		sys_close(fd);
	}
	return err;
}

/* Publisher number n is sent a datagram of this size, or only looked at (0). */
static long
reach(int n, bool system, size_t size, int file)
{
	struct address a = {.family = AF_UNIX};
	int dir = open_directory(n, system);
	long result;

	if (dir < 0)
		return dir;
	message_format(a.path, sizeof(a.path), "/proc/self/fd/%d%s", dir,
		       REQUEST_SOCKET + sizeof(REQUEST_DIRECTORY) - 1);
	result = size ? send_to(&a, size, file) : look_at(&a);
	sys_close(dir);
	return result;
}

long
publisher_send(bool system, enum request_kind kind, size_t length, int file)
{
	const size_t size = sizeof(publisher_datagram.header) + length;
	long sent = -ENOENT;

	request_header(&publisher_datagram.header, kind, size);
	for (int n = 0; n < 2 && sent < 0 && sent != -EAGAIN; n++)
		sent = reach(n, system, size, file);
	return sent;
}

bool
publisher_listens(bool system)
{
	for (int n = 0; n < 2; n++)
		if (reach(n, system, 0, -1) == 0)
			return true;
	return false;
}
