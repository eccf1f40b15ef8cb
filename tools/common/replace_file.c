#include "common/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_unique(char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, mode & ~mask) != 0) {
		int error = errno;

		unlink(name);
		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

int
replace_begin(struct replacement *r, const char *path, const char *suffix, mode_t mode)
{
	size_t len = strlen(path), end = strlen(suffix);

	*r = (struct replacement){.fd = -1};
	if (len + end >= sizeof(r->temporary))
		return ENAMETOOLONG;
	memcpy(r->path, path, len + 1);
	memcpy(r->temporary, path, len);
	memcpy(r->temporary + len, suffix, end + 1);
	if (end >= 6 && strcmp(suffix + end - 6, "XXXXXX") == 0) {
		r->fd = open_unique(r->temporary, mode);
	} else {
		unlink(r->temporary);
		r->fd = open(r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	}
	if (r->fd < 0)
		r->temporary[0] = '\0';
	return r->fd < 0 ? errno : 0;
}

int
replace_commit(struct replacement *r)
{
	int error = 0;

	/* EINVAL: a file of a kind that has no disk */
	if (fsync(r->fd) != 0 && errno != EINVAL)
		error = errno;
	if (close(r->fd) != 0 && !error)
		error = errno;
	r->fd = -1;
	if (!error && rename(r->temporary, r->path) != 0)
		error = errno;
	if (error)
		replace_abandon(r);
	r->temporary[0] = '\0';
	return error;
}

void
replace_abandon(struct replacement *r)
{
	if (r->temporary[0])
		unlink(r->temporary);
	r->temporary[0] = '\0';
	if (r->fd > 0)
		close(r->fd);
	r->fd = -1;
}
