/*
 * hand-in SOCKET STORE PLAN [CHANGE]: hand in a plan of the store as a launch does that has learned
 * something.
 *
 * What is learned is the first page of the plan's heap. CHANGE, what is wrong with it: body,
 * plan_id, kind, outside, unaligned, count, name, pages, checksum, short, empty; none: it is
 * right.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/plan.h"
#include "lib/request.h"

static const char *change = "";

static bool
is(const char *what)
{
	return strcmp(change, what) == 0;
}

/* The file of a plan, with room behind it. */
static char *
read_plan(const char *store, const char *name)
{
	char path[4096];
	struct stat st;
	char *bytes;
	int fd;

	snprintf(path, sizeof(path), "%s/plans/%s", store, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	bytes = calloc(1, (size_t)st.st_size + 4096);
	if (bytes && read(fd, bytes, (size_t)st.st_size) != st.st_size)
		return NULL;
	close(fd);
	return bytes;
}

/* Returns the size. */
static size_t
learn(char *bytes)
{
	struct plan_header *h = (struct plan_header *)bytes;
	struct plan_dlsym *dlsym = (struct plan_dlsym *)(bytes + h->dlsyms.offset);
	struct plan_prefault *page;

	h->dlsyms.count = is("name");
	memset(dlsym, 'x', h->dlsyms.count * sizeof(*dlsym));
	page = (struct plan_prefault *)(dlsym + h->dlsyms.count);
	*page = (struct plan_prefault){is("outside") ? page_size : h->heap + 8 * is("unaligned"),
				       page_size};
	h->prefault.offset = (size_t)((char *)page - bytes);
	h->prefault.count = 1 + is("count");
	h->prefault_written = 1;
	h->prefault_large = 0;
	h->init_pages = is("pages") ? 8 : 0;
	h->init_pages_sum = is("pages");
	h->size = h->prefault.offset + sizeof(*page);
	bytes[2 * page_size] ^= is("body");
	h->plan_id ^= is("plan_id");
	h->kind += is("kind");
	h->checksum = plan_checksum(h, bytes + page_size, h->size - page_size) ^ is("checksum");
	return is("empty") ? 0 : is("short") ? page_size : h->size;
}

static bool
hand_in(const char *place, const char *text, int fd)
{
	struct {
		struct request_header header;
		char text[1024];
	} datagram;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct iovec part = {&datagram, sizeof(datagram.header) + strlen(text)};
	struct msghdr m = {.msg_name = &a,
			   .msg_namelen = sizeof(a),
			   .msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};

	request_header(&datagram.header, REQUEST_KEEP, part.iov_len);
	strcpy(datagram.text, text);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", place);
	control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket(AF_UNIX, SOCK_DGRAM, 0), &m, 0) > 0;
}

int
main(int argc, char **argv)
{
	char text[1024];
	char *bytes;
	bool failed;
	size_t size;
	int fd = memfd_create("learned", 0);

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (argc > 4)
		change = argv[4];
	bytes = argc > 3 ? read_plan(argv[2], argv[3]) : NULL;
	if (!bytes) {
		fprintf(stderr, "usage: hand-in SOCKET STORE PLAN [CHANGE]\n");
		return 2;
	}
	size = learn(bytes);
	snprintf(text, sizeof(text), "store=%s\nplan=%s\n", argv[2], argv[3]);
	failed = write(fd, bytes, size) != (ssize_t)size || !hand_in(argv[1], text, fd);
	free(bytes);
	return failed;
}
