#include "shmstat/proc/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define MTD_MAJOR 90 /* Documentation/admin-guide/devices.txt: memory technology devices, raw */

/* Opening anything else might do something (a tape rewinds, a FIFO waits). */
static bool
may_be_opened(const struct stat *st)
{
	return S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && major(st->st_rdev) == MTD_MAJOR);
}

/* Devices without number (overlay, btrfs) have several of them: there the inode must do. */
static bool
is_same(const struct stat *st, const struct mapping *m)
{
	return st->st_ino == m->inode && (m->dev_major == 0 || (major(st->st_dev) == m->dev_major &&
								minor(st->st_dev) == m->dev_minor));
}

static int
open_checked(const char *name, const struct mapping *m, bool compare)
{
	struct stat st;
	int fd;

	if (stat(name, &st) != 0)
		return -1;
	if (!may_be_opened(&st) || (compare && !is_same(&st, m))) {
		errno = ESTALE;
		return -1;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 &&
	    (fstat(fd, &st) != 0 || !may_be_opened(&st) || (compare && !is_same(&st, m)))) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

/* A path of maps as open() wants it: newlines are \012 there. False if it does not fit. */
static bool
unescape(const char *path, char *to, size_t capacity)
{
	size_t n = 0;

	for (; *path; path++) {
		if (n + 1 >= capacity)
			return false;
		if (strncmp(path, "\\012", 4) == 0) {
			to[n++] = '\n';
			path += 3;
		} else {
			to[n++] = *path;
		}
	}
	to[n] = '\0';
	return true;
}

/* Whose files of /proc tell of the process's memory. */
static pid_t
teller(const struct process *p)
{
	return p->teller ? p->teller : p->pid;
}

int
open_mapped(const struct process *p, const struct mapping *m)
{
	char name[4096 + 64];
	int fd, used;

	snprintf(name, sizeof(name), "/proc/%d/map_files/%llx-%llx", (int)teller(p),
		 (unsigned long long)m->start, (unsigned long long)m->end);
	fd = open_checked(name, m, false);
	if (fd >= 0 || m->path[0] != '/')
		return fd;
	used = snprintf(name, sizeof(name), "/proc/%d/root", (int)teller(p));
	if (!unescape(m->path, name + used, sizeof(name) - (size_t)used)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open_checked(name, m, true);
	/* /proc/PID/root itself may be closed to us where the file is not */
	return fd >= 0 ? fd : open_checked(name + used, m, true);
}

bool
read_memory(const struct process *p, uint64_t address, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {(void *)(uintptr_t)address, size};
	char name[64];
	ssize_t got = process_vm_readv(teller(p), &local, 1, &remote, 1, 0);
	int fd;

	if (got == (ssize_t)size)
		return true;
	/* pages without read permission */
	snprintf(name, sizeof(name), "/proc/%d/mem", (int)teller(p));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = pread(fd, to, size, (off_t)address);
	close(fd);
	return got == (ssize_t)size;
}
