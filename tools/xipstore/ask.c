#include "xipstore/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/trust.h"

#define ANSWER_SECONDS 5

bool
question_begin(struct question *q)
{
	const struct request_header header = {0};

	*q = (struct question){0};
	q->to = open_memstream(&q->bytes, &q->size);
	return q->to && fwrite(&header, sizeof(header), 1, q->to) == 1;
}

char *
question_end(struct question *q, enum request_kind kind, size_t *size)
{
	struct request_header header;

	if (fclose(q->to) != 0)
		return NULL;
	request_header(&header, kind, q->size);
	memcpy(q->bytes, &header, sizeof(header));
	*size = q->size;
	return q->bytes;
}

bool
ask_is_safe(const char *socket_path)
{
	char *dir =
		must_format("%.*s", (int)(strrchr(socket_path, '/') - socket_path), socket_path);
	struct stat st;
	bool ok = lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
		  trust_owner(st.st_uid, geteuid()) && !(st.st_mode & 022);

	free(dir);
	return ok;
}

/* The next datagram, if the kernel says who sent it. */
static ssize_t
take_answer(int fd, char *answer, size_t capacity, uid_t *who)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec v = {answer, capacity - 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &m, 0);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	struct ucred sender;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return -1;
	memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	if (who)
		*who = sender.uid;
	return got;
}

bool
ask(const char *socket_path, const void *question, size_t size, char *answer, size_t capacity,
    uid_t *who)
{
	const struct sockaddr_un nameless = {.sun_family = AF_UNIX};
	const struct timeval patience = {ANSWER_SECONDS, 0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	ssize_t got = -1;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	/* a name of the kernel's choice, to be answered at; and only by who was asked */
	if (bind(fd, (const struct sockaddr *)&nameless, sizeof(sa_family_t)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
	    send(fd, question, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size)
		got = take_answer(fd, answer, capacity, who);
	if (fd >= 0)
		close(fd);
	answer[got > 0 ? got : 0] = 0;
	return got > 0;
}
