/*
 * --extract: unpack an image. Nothing outside the directory is ever touched, whatever the image
 * says: names have neither '/' nor "..", (the reader refuses them), each file is created in a
 * directory that was made here and is held open, and no symbolic link is followed.
 */
#include "mkxip/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/message.h"
#include "mkxip/image.h"
#include "mkxip/inspect.h"

#define INODE_SIZE 12

struct extracting {
	const struct cramfs *fs;
	bool root; /* owners and devices can be made */
	uint64_t left; /* entries that there may still be */
	bool damaged; /* something could not be unpacked */
	bool full; /* nothing more can be */
	uint8_t block[CRAMFS_BLOCK];
};

static void
failed(struct extracting *x, const char *path, int err, const char *what)
{
	struct error error;

	error_set(&error, path, err, "%s", what);
	report_error(&error);
	x->damaged = true;
	x->full |= err == ENOSPC || err == EDQUOT || err == EIO || err == EROFS;
}

/* Owner, then mode: changing the owner clears the set-ID bits, which mean nothing for another. */
static bool
set_attributes(const struct extracting *x, int fd, const struct cramfs_inode *inode)
{
	mode_t mode = inode->mode & 07777;

	if (x->root && fchown(fd, inode->uid, inode->gid) != 0)
		return false;
	return fchmod(fd, x->root ? mode : mode & 01777) == 0;
}

static bool
write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return true;
}

/* The blocks of a file; false with *error. Holes stay holes. */
static bool
copy_blocks(struct extracting *x, int fd, const struct cramfs_inode *inode, struct error *error)
{
	for (uint32_t i = 0; i < cramfs_blocks(inode); i++) {
		struct cramfs_block b;

		if (!cramfs_block(x->fs, inode, i, &b, error) ||
		    !cramfs_block_read(x->fs, &b, x->block, error))
			return false;
		if (b.kind == CRAMFS_BLOCK_HOLE ? lseek(fd, b.want, SEEK_CUR) < 0
						: !write_all(fd, x->block, b.want))
			return error_set(error, "", errno, "cannot write");
	}
	return ftruncate(fd, inode->size) == 0 || error_set(error, "", errno, "cannot write");
}

static void
extract_file(struct extracting *x, int dir, const struct cramfs_entry *e, const char *path)
{
	int fd = openat(dir, e->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct error error;
	bool good;

	if (fd < 0) {
		failed(x, path, errno, "cannot create");
		return;
	}
	good = copy_blocks(x, fd, &e->inode, &error);
	if (!good) {
		failed(x, path, error.number, error.what);
	} else if (!set_attributes(x, fd, &e->inode)) {
		failed(x, path, errno, "cannot set owner and mode");
	}
	if (close(fd) != 0 && good) {
		failed(x, path, errno, "cannot write");
		good = false;
	}
	if (!good) /* half a file is no file */
		unlinkat(dir, e->name, 0);
}

static void
extract_link(struct extracting *x, int dir, const struct cramfs_entry *e, const char *path)
{
	char target[CRAMFS_LINK_MAX + 1];
	struct error error;

	if (!cramfs_readlink(x->fs, &e->inode, target, &error))
		failed(x, path, error.number, error.what);
	else if (symlinkat(target, dir, e->name) != 0)
		failed(x, path, errno, "cannot create");
	else if (x->root &&
		 fchownat(dir, e->name, e->inode.uid, e->inode.gid, AT_SYMLINK_NOFOLLOW) != 0)
		failed(x, path, errno, "cannot set owner");
}

static void
extract_special(struct extracting *x, int dir, const struct cramfs_entry *e, const char *path)
{
	uint32_t mode = e->inode.mode;
	bool device = S_ISCHR(mode) || S_ISBLK(mode);
	dev_t number = device ? makedev(e->inode.size >> 8, e->inode.size & 255) : 0;

	if (!device && !S_ISFIFO(mode) && !S_ISSOCK(mode)) {
		failed(x, path, 0, "unknown kind of file");
	} else if (mknodat(dir, e->name, mode & (S_IFMT | 0777), number) != 0) {
		if (device && errno == EPERM)
			message_print(2, "mkxip: %s: warning: devices can be made by root only\n",
				      path);
		else
			failed(x, path, errno, "cannot create");
	} else if (x->root &&
		   fchownat(dir, e->name, e->inode.uid, e->inode.gid, AT_SYMLINK_NOFOLLOW) != 0) {
		failed(x, path, errno, "cannot set owner");
	}
}

static void extract_directory(struct extracting *x, int fd, const struct cramfs_inode *inode,
			      const char *path, unsigned depth);

static void
extract_subdirectory(struct extracting *x, int dir, const struct cramfs_entry *e, const char *path,
		     unsigned depth)
{
	int fd;

	/* one that is there already was not made here: it could be anybody's */
	if (mkdirat(dir, e->name, 0700) != 0) {
		failed(x, path, errno, "cannot create");
		return;
	}
	fd = openat(dir, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		failed(x, path, errno, "cannot open");
		return;
	}
	extract_directory(x, fd, &e->inode, path, depth + 1);
	if (!set_attributes(x, fd, &e->inode))
		failed(x, path, errno, "cannot set owner and mode");
	close(fd);
}

static void
extract_entry(struct extracting *x, int dir, const struct cramfs_entry *e, const char *parent,
	      unsigned depth)
{
	size_t len = strlen(parent) + e->namelen + 2;
	char *path = must_alloc(len);

	snprintf(path, len, "%s/%s", parent, e->name);
	if (cramfs_is_dir(&e->inode))
		extract_subdirectory(x, dir, e, path, depth);
	else if (cramfs_is_file(&e->inode))
		extract_file(x, dir, e, path);
	else if (cramfs_is_link(&e->inode))
		extract_link(x, dir, e, path);
	else
		extract_special(x, dir, e, path);
	free(path);
}

static void
extract_directory(struct extracting *x, int fd, const struct cramfs_inode *inode, const char *path,
		  unsigned depth)
{
	struct cramfs_dir dir;
	struct cramfs_entry *e;
	struct error error;
	int got = -1;

	if (depth > CRAMFS_DEPTH_MAX) {
		failed(x, path, 0, "directories nested too deeply");
		return;
	}
	if (!cramfs_dir_open(&dir, x->fs, inode, &error)) {
		failed(x, path, error.number, error.what);
		return;
	}
	e = must_alloc(sizeof(*e));
	while (!x->full && (got = cramfs_dir_next(&dir, e, &error)) > 0) {
		if (x->left-- == 0) {
			failed(x, path, 0, "not a tree: directories share or contain each other");
			x->full = true;
			break;
		}
		extract_entry(x, fd, e, path, depth);
	}
	free(e);
	if (got < 0 && !x->full)
		failed(x, path, error.number, error.what);
}

int
extract_image(const struct cramfs *fs, const char *dir)
{
	struct extracting *x = must_alloc(sizeof(*x));
	int fd, status;

	*x = (struct extracting){.fs = fs, .root = geteuid() == 0, .left = fs->size / INODE_SIZE};
	if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
		failed(x, dir, errno, "cannot create");
		free(x);
		return 1;
	}
	umask(0); /* modes are the image's; until a file has its own, only we can open it */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		failed(x, dir, errno, "cannot open (symbolic links are not followed)");
	} else {
		extract_directory(x, fd, &fs->root, dir, 1);
		if (!x->damaged && !set_attributes(x, fd, &fs->root))
			failed(x, dir, errno, "cannot set owner and mode");
		close(fd);
	}
	status = x->damaged;
	free(x);
	return status;
}
