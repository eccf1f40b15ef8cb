#include "cache/store/publisher.h"
#include "base/process_args.h"

#define AF_UNIX 1
#define SOCK_DGRAM 2
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define SYSTEM_SOCKET "/run" REQUEST_SOCKET

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

/* Where publisher number n would listen; false: nowhere. */
static SYS_HOT bool
set_address(struct address *a, int n, bool system)
{
	const char *dir = process_args_getenv(&process_args, "XDG_RUNTIME_DIR");

	if (n == 0) {
		memcpy(a->path, SYSTEM_SOCKET, sizeof(SYSTEM_SOCKET));
		return system;
	}
	return dir && dir[0] == '/' &&
	       message_format(a->path, sizeof(a->path), "%s" REQUEST_SOCKET, dir) < sizeof(a->path);
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

long
publisher_send(bool system, enum request_kind kind, size_t length, int file)
{
	const size_t size = sizeof(publisher_datagram.header) + length;
	struct address a = {.family = AF_UNIX};
	long sent = -ENOENT;

	request_header(&publisher_datagram.header, kind, size);
	for (int n = 0; n < 2 && sent < 0 && sent != -EAGAIN; n++)
		if (set_address(&a, n, system))
			sent = send_to(&a, size, file);
	return sent;
}

SYS_HOT bool
publisher_may_listen(void)
{
	struct address a;
	struct file_id id;

	for (int n = 0; n < 2; n++)
		if (set_address(&a, n, true) && sys_stat(a.path, &id) == 0)
			return true;
	return false;
}

static bool
listens(const struct address *a)
{
	int fd = socket_for(a);
	long err = fd;

	if (fd >= 0) {
		err = sys_call(__NR_connect, fd, (long)a, sizeof(*a), 0, 0, 0);
		sys_close(fd);
	}
	return err == 0;
}

bool
publisher_listens(bool system)
{
	struct address a = {.family = AF_UNIX};

	for (int n = 0; n < 2; n++)
		if (set_address(&a, n, system) && listens(&a))
			return true;
	return false;
}
