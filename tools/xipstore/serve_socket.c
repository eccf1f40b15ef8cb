#include "xipstore/serve_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/request.h"
#include "lib/trust.h"

#define FIRST_PASSED 3 /* sd_listen_fds(3) */
#define PATIENCE_USEC 10000 /* with a file that does not want to be closed */

bool
listener_path(const char *given, char *path, size_t size, struct error *error)
{
	const char *dir = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	int len;

	if (!given && (!dir || dir[0] != '/'))
		return error_set(error, "socket", 0,
				 "neither --socket nor XDG_RUNTIME_DIR says where");
	len = given ? snprintf(path, size, "%s", given)
		    : snprintf(path, size, "%s" REQUEST_SOCKET, dir);
	if (len >= (int)size)
		return error_set(error, "socket", 0, "its path is too long");
	return true;
}

/* Does systemd pass a socket? */
static bool
is_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	return pid && count && strtol(pid, NULL, 10) == getpid() && strtol(count, NULL, 10) == 1;
}

static bool
take_passed(struct listener *l, struct error *error)
{
	struct sockaddr_un a = {0};
	socklen_t len = sizeof(a), int_size = sizeof(int);
	int type = 0, on = 1;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	l->fd = FIRST_PASSED;
	if (getsockopt(l->fd, SOL_SOCKET, SO_TYPE, &type, &int_size) < 0 || type != SOCK_DGRAM ||
	    getsockname(l->fd, (struct sockaddr *)&a, &len) < 0 || a.sun_family != AF_UNIX)
		return error_set(error, "socket", 0, "what was passed is no unix datagram socket");
	snprintf(l->path, sizeof(l->path), "%.*s", (int)sizeof(l->path) - 1, a.sun_path);
	fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	return setsockopt(l->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 ||
	       error_set(error, l->path, errno, "cannot be told to say who sends");
}

/* The directory of the socket, made if only that is missing. */
static bool
check_directory(const char *socket_path, struct error *error)
{
	char path[sizeof(((struct listener *)0)->path)];
	char *slash;
	struct stat st;
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "%s", socket_path);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return error_set(error, socket_path, 0, "is not in a directory");
	*slash = 0;
	if (mkdir(path, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		return error_set(error, path, errno, "cannot be made");
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(error, path, errno, "cannot be opened");
	ok = fstat(fd, &st) == 0 && trust_owner(st.st_uid, geteuid()) && !(st.st_mode & 022) &&
	     trust_parents(fd, geteuid());
	close(fd);
	return ok || error_set(error, path, 0,
			       "refused: another user can put another socket in its place");
}

/* Does a publisher listen there? What does not answer and is a socket may be replaced. */
static bool
is_free(const char *path, const struct sockaddr_un *a, struct error *error)
{
	struct stat st;
	int fd, err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || error_set(error, path, errno, "cannot be examined");
	if (!S_ISSOCK(st.st_mode))
		return error_set(error, path, 0, "is there, and is no socket");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 ? 0 : errno;
	close(fd);
	if (err == 0)
		return error_set(error, path, 0, "another publisher listens there");
	if (err != ECONNREFUSED) /* it is of another kind, and may be somebody's */
		return error_set(error, path, err, "is no publisher's socket");
	return unlink(path) == 0 || error_set(error, path, errno, "cannot be replaced");
}

static bool
take_lock(struct listener *l, struct error *error)
{
	char path[sizeof(l->path) + 8];

	snprintf(path, sizeof(path), "%s.lock", l->path);
	l->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->lock < 0)
		return error_set(error, path, errno, "cannot be opened");
	return flock(l->lock, LOCK_EX | LOCK_NB) == 0 ||
	       error_set(error, l->path, 0, "another publisher listens there");
}

static bool
make(struct listener *l, struct error *error)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int on = 1;
	mode_t mask;
	bool ok;

	if (!check_directory(l->path, error) || !take_lock(l, error))
		return false;
	memcpy(a.sun_path, l->path, sizeof(a.sun_path));
	if (!is_free(l->path, &a, error))
		return false;
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* before anybody can send: what comes without a sender cannot be answered */
	ok = l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0;
	mask = umask(geteuid() == 0 ? 0111 : 0177);
	l->made = ok && bind(l->fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
	umask(mask);
	return l->made || error_set(error, l->path, errno, "cannot be made");
}

bool
listener_open(struct listener *l, const char *given, struct error *error)
{
	*l = (struct listener){.fd = -1, .lock = -1};
	if (is_passed())
		return take_passed(l, error);
	return listener_path(given, l->path, sizeof(l->path), error) && make(l, error);
}

void
listener_close(struct listener *l)
{
	if (l->made)
		unlink(l->path); /* the lock's file stays: who waits for it has it open */
	if (l->fd >= 0)
		close(l->fd);
	if (l->lock >= 0)
		close(l->lock);
}

/* Who sent a message, as the kernel says, and the file that came with it. */
static bool
read_control(struct msghdr *m, struct received *r)
{
	bool said = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&r->file, CMSG_DATA(c), sizeof(r->file));
		if (c->cmsg_type == SCM_CREDENTIALS)
			r->uid = ((struct ucred *)CMSG_DATA(c))->uid;
		said |= c->cmsg_type == SCM_CREDENTIALS;
	}
	return said;
}

/*
 * The next datagram, with room for as many files as that: the kernel closes what does not fit.
 * Returns 0 or an error; *flags become the message's.
 */
static int
receive(struct listener *l, void *bytes, size_t capacity, size_t files, int *flags,
	struct received *r)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_LEN(sizeof(int))];
	} control;
	struct iovec v = {bytes, capacity};
	struct msghdr m = {.msg_name = &r->from,
			   .msg_namelen = sizeof(r->from),
			   .msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = files ? sizeof(control.bytes)
						   : CMSG_SPACE(sizeof(struct ucred))};
	ssize_t size;

	do
		size = recvmsg(l->fd, &m, *flags | MSG_TRUNC | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno;
	*flags = m.msg_flags;
	r->file = -1;
	r->said = read_control(&m, r);
	r->from_size = m.msg_namelen;
	r->size = (size_t)size;
	return 0;
}

static void
do_nothing(int number)
{
	(void)number;
}

/*
 * Take a datagram away whose files nobody wants. To close the last descriptor of a file may take as
 * long as who made it likes (a TCP socket with SO_LINGER), but a signal ends that.
 */
static void
discard_files(struct listener *l)
{
	const struct itimerval soon = {{0, PATIENCE_USEC}, {0, PATIENCE_USEC}}, never = {0};
	struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
	char byte;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	recv(l->fd, &byte, sizeof(byte), MSG_DONTWAIT);
	setitimer(ITIMER_REAL, &never, NULL);
}

bool
listener_receive(struct listener *l, void *bytes, size_t capacity, struct received *r)
{
	int flags;

	/* who sent it is known before a file of his becomes ours: to close one of a file system of
	 * his would take as long as he likes */
	for (;;) {
		flags = MSG_PEEK;
		if (receive(l, bytes, capacity, 0, &flags, r))
			return false;
		if ((flags & MSG_CTRUNC) && !(r->said && r->uid == geteuid())) {
			discard_files(l);
			continue;
		}
		flags = 0;
		if (receive(l, bytes, capacity, 1, &flags, r))
			return false;
		if (r->said)
			return true;
		if (r->file >= 0)
			close(r->file);
	}
}
