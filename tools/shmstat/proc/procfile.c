#include "shmstat/proc/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

bool
procfile_open(struct procfile *f, int directory, const char *name)
{
	f->fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	f->err = 0;
	f->at = f->have = 0;
	return f->fd >= 0;
}

/* More behind what is there. False at the end. */
static bool
fill(struct procfile *f)
{
	ssize_t got;

	memmove(f->buffer, f->buffer + f->at, f->have - f->at);
	f->have -= f->at;
	f->at = 0;
	if (f->have == PROCFILE_BUFFER) /* no line of the kernel's: give up rather than guess */
		return false;
	got = read(f->fd, f->buffer + f->have, PROCFILE_BUFFER - f->have);
	if (got < 0)
		f->err = errno;
	if (got <= 0)
		return false;
	f->have += (size_t)got;
	return true;
}

char *
procfile_line(struct procfile *f)
{
	size_t seen = 0;

	for (;;) {
		char *start = f->buffer + f->at;
		char *end = memchr(start + seen, '\n', f->have - f->at - seen);

		if (end) {
			*end = '\0';
			f->at = (size_t)(end + 1 - f->buffer);
			return start;
		}
		seen = f->have - f->at;
		if (!fill(f))
			return NULL;
	}
}

int
procfile_close(struct procfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return f->err;
}

long
procfile_read(int directory, const char *name, char *to, size_t capacity)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC), err;
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	do {
		got = read(fd, to + have, capacity - 1 - have);
		have += got > 0 ? (size_t)got : 0;
	} while (got > 0 && have < capacity - 1);
	err = errno;
	close(fd);
	to[have] = '\0';
	errno = err;
	return got < 0 ? -1 : (long)have;
}

long
procfile_once(int directory, const char *name, char *to, size_t capacity)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC), err;
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, to, capacity - 1);
	err = errno;
	close(fd);
	errno = err;
	if (got < 0)
		return -1;
	to[got] = '\0';
	return (long)got;
}
