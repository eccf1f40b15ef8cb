#include "cache/plan/ask.h"
#include "base/process_args.h"
#include "cache/plan/plan.h"
#include "lib/request.h"

#define AF_UNIX 1
#define SOCK_DGRAM 2
#define SYSTEM_SOCKET "/run" REQUEST_SOCKET

struct address {
	uint16_t family;
	char path[108]; /* unix(7) */
};

/* The datagram. Its text is not a multiple of anything: what lies behind is not sent. */
static struct {
	struct request_header header;
	char text[REQUEST_MOST - sizeof(struct request_header)];
} request SYS_COLD;

/* Returns the datagram's size, or 0 if it cannot say what is wanted. */
static size_t
write_request(const char *program)
{
	const char *given = store_given();
	size_t size = 0, key;

	if (given)
		size = message_format(request.text, STORE_PATH + 8, "store=%s\n", given);
	if (size >= STORE_PATH + 8 || (size && given[0] != '/'))
		return 0;
	key = plan_key(program, request.text + size, REQUEST_KEY);
	if (key >= REQUEST_KEY)
		return 0;
	size += sizeof(request.header) + key;
	request_header(&request.header, REQUEST_PUBLISH, size);
	return size;
}

static bool
has_environment(void)
{
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		if (process_args_getenv(&process_args, request_variables[i]))
			return true;
	return options.preload || options.library_path;
}

/* Root's publisher serves others with what is root's and nothing of theirs. */
static bool
is_for_system(const struct file_id *id)
{
	return store_user() == 0 || (id->uid == 0 && !(id->mode & 022) && !has_environment());
}

static bool
system_address(struct address *a)
{
	memcpy(a->path, SYSTEM_SOCKET, sizeof(SYSTEM_SOCKET));
	return true;
}

static bool
own_address(struct address *a)
{
	const char *dir = process_args_getenv(&process_args, "XDG_RUNTIME_DIR");

	return dir && dir[0] == '/' &&
	       message_format(a->path, sizeof(a->path), "%s" REQUEST_SOCKET, dir) < sizeof(a->path);
}

static long
send_to(int fd, const struct address *a, size_t size)
{
	return sys_call(__NR_sendto, fd, (long)&request, (long)size, 0, (long)a, sizeof(*a));
}

bool
ask_publisher(const char *program, const struct file_id *id, const char **what)
{
	struct address a = {.family = AF_UNIX};
	size_t size = write_request(program);
	long sent = -ENOENT;
	int fd;

	*what = "no publisher can be told what is wanted";
	if (!size)
		return false;
	*what = "no publisher listens";
	fd = (int)sys_call(__NR_socket, AF_UNIX, SOCK_DGRAM | SYS_O_CLOEXEC | SYS_O_NONBLOCK, 0, 0,
			   0, 0);
	if (fd < 0)
		return false;
	if (is_for_system(id) && system_address(&a))
		sent = send_to(fd, &a, size);
	if (sent < 0 && sent != -EAGAIN && own_address(&a))
		sent = send_to(fd, &a, size);
	sys_close(fd);
	if (sent == -EAGAIN)
		*what = "the publisher has too much to do";
	else if (sent > 0)
		*what = "the publisher was asked";
	return sent > 0;
}
