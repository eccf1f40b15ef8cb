#include "mkxip/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"
#include "mkxip/check.h"
#include "mkxip/extract.h"
#include "mkxip/image.h"
#include "mkxip/list.h"

#define STATUS_CANNOT 8 /* of --check, as fsck(8) has it */
#define STATUS_DAMAGED 4

static const char *current; /* image, for the handler */

char *
inspect_escape(const char *name)
{
	char *out = must_alloc(4 * strlen(name) + 1), *to = out;

	for (const unsigned char *s = (const unsigned char *)name; *s; s++) {
		if (*s < ' ' || *s == 127 || *s == '\\')
			to += sprintf(to, "\\%03o", *s);
		else
			*to++ = (char)*s;
	}
	return out;
}

bool
inspect_count(const struct cramfs *fs, const struct cramfs_inode *inode,
	      struct block_counts *counts, struct error *error)
{
	*counts = (struct block_counts){0};
	for (uint32_t i = 0; i < cramfs_blocks(inode); i++) {
		struct cramfs_block b;

		if (!cramfs_block(fs, inode, i, &b, error))
			return false;
		if (b.kind == CRAMFS_BLOCK_HOLE)
			counts->hole++;
		else if (b.kind == CRAMFS_BLOCK_ZLIB)
			counts->zlib++;
		else if (b.offset % CRAMFS_BLOCK == 0)
			counts->xip++;
		else
			counts->raw++;
	}
	return true;
}

/* The image shrank, or its medium failed, while it was read: nothing can be said of it any more. */
static void
read_failed(int signal_number)
{
	static const char text[] = ": cannot be read any more\n";

	(void)signal_number;
	if (write(2, "mkxip: ", 7) < 0 || write(2, current, strlen(current)) < 0 ||
	    write(2, text, sizeof(text) - 1) < 0)
		_exit(STATUS_CANNOT);
	_exit(STATUS_CANNOT);
}

/* The whole image in memory; NULL with *error. */
static const void *
map_image(const char *path, uint64_t *size, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *image = MAP_FAILED;
	struct stat st;
	off_t end = -1;

	if (fd < 0 || fstat(fd, &st) != 0) {
		error_set(error, path, errno, "cannot open image");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		end = lseek(fd, 0, SEEK_END);
	*size = end > 0 ? (uint64_t)end : 0;
	if (end > 0)
		image = mmap(NULL, (size_t)end, PROT_READ, MAP_PRIVATE, fd, 0);
	if (end > 0 && image == MAP_FAILED)
		error_set(error, path, errno, "cannot map image");
	else if (end == 0)
		error_set(error, path, 0, "empty");
	else if (end < 0)
		error_set(error, path, 0, "not a file that can be an image");
	close(fd);
	return image == MAP_FAILED ? NULL : image;
}

int
inspect_run(const struct options *o)
{
	const char *path = o->arguments[0];
	struct error error;
	struct cramfs fs;
	uint64_t size;
	const void *image = map_image(path, &size, &error);
	int status;

	if (!image) {
		report_error(&error);
		return o->command == COMMAND_CHECK && error.number ? STATUS_CANNOT
		       : o->command == COMMAND_CHECK		   ? STATUS_DAMAGED
								   : 1;
	}
	current = path;
	signal(SIGBUS, read_failed);
	if (!cramfs_open(&fs, path, image, size, &error)) {
		report_error(&error);
		status = o->command == COMMAND_CHECK ? STATUS_DAMAGED : 1;
	} else if (o->command == COMMAND_LIST) {
		status = list_image(&fs, o->json);
	} else if (o->command == COMMAND_CHECK) {
		status = check_image(&fs, size) ? STATUS_DAMAGED : 0;
	} else {
		/* what is damaged is unpacked as far as it goes, but not taken for good */
		bool whole = cramfs_verify(&fs, &error) || report_error(&error);

		status = extract_image(&fs, o->arguments[1]) || !whole;
	}
	munmap((void *)image, (size_t)size);
	return status;
}
