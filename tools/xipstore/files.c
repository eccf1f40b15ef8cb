#include "xipstore/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/trust.h"

static struct timespec
later(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec > b.tv_sec ? a : b;
	return a.tv_nsec > b.tv_nsec ? a : b;
}

static void
set_look(const struct stat *st, struct file_look *look)
{
	*look = (struct file_look){
		.regular = S_ISREG(st->st_mode),
		.directory = S_ISDIR(st->st_mode),
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.freed = st->st_nlink > 1 ? 0 : (uint64_t)st->st_blocks * 512,
		.used = later(st->st_atim, st->st_mtim),
		.changed = st->st_mtime,
		.uid = st->st_uid,
		.mode = st->st_mode,
	};
}

int
file_look(const char *path, struct file_look *look)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno;
	set_look(&st, look);
	return 0;
}

const char *
file_distrust(const struct file_look *look)
{
	if (!trust_owner(look->uid, geteuid()))
		return "belongs to another user";
	if (look->mode & (S_IWGRP | S_IWOTH))
		return "can be written by others";
	return NULL;
}

static char *
read_all(int fd, const char *path, size_t size, struct error *error)
{
	char *bytes = malloc(size + 1);
	size_t got = 0;

	if (!bytes) {
		error_set(error, path, ENOMEM, "cannot be read");
		return NULL;
	}
	while (got < size) {
		ssize_t n = read(fd, bytes + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			error_set(error, path, n < 0 ? errno : 0,
				  n < 0 ? "cannot be read" : "became shorter while it was read");
			free(bytes);
			return NULL;
		}
		got += (size_t)n;
	}
	bytes[size] = 0;
	return bytes;
}

char *
file_read(const char *path, bool trusted, size_t limit, size_t *size, struct error *error)
{
	/* a FIFO must not make us wait; and looking at a plan is not using it (gc --older-than) */
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (trusted ? O_NOFOLLOW : 0);
	int fd = open(path, flags | O_NOATIME);
	struct file_look look;
	struct stat st;
	char *bytes = NULL;

	if (fd < 0 && errno == EPERM) /* another user's file */
		fd = open(path, flags);
	if (fd < 0 || fstat(fd, &st) < 0) {
		error_set(error, path, errno, "cannot be opened");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	set_look(&st, &look);
	if (!look.regular)
		error_set(error, path, 0, "is not a regular file");
	else if (trusted && file_distrust(&look))
		error_set(error, path, 0, "%s", file_distrust(&look));
	else if (look.size > limit)
		error_set(error, path, 0, "is too large (%lu bytes)", (unsigned long)look.size);
	else
		bytes = read_all(fd, path, look.size, error);
	close(fd);
	*size = look.size;
	return bytes;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
names_read(const char *path, struct names *names, struct error *error)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	*names = (struct names){0};
	if (!dir)
		return errno == ENOENT || error_set(error, path, errno, "cannot be read");
	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		must_reserve(&names->list, &names->capacity, names->count + 1, sizeof(char *));
		names->list[names->count++] = must_strdup(entry->d_name);
	}
	if (errno) {
		error_set(error, path, errno, "cannot be read");
		closedir(dir);
		names_free(names);
		return false;
	}
	closedir(dir);
	if (names->count)
		qsort(names->list, names->count, sizeof(char *), by_name);
	return true;
}

void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){0};
}

bool
is_hex_name(const char *name, size_t digits)
{
	return strspn(name, "0123456789abcdef") == digits && !name[digits];
}
