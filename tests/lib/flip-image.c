/*
 * flip-image IMAGE DIR FIRST STEP: mkxip's --check and --extract on every damaged copy of an image:
 * each bit flipped, each length cut; those numbered FIRST, FIRST + STEP, … of all of them.
 *
 * A damaged image may be refused or, if it is not, must have the content of the whole one. DIR is
 * for unpacking into. Each is done in a child process, many in one child: a crash, a sanitizer's
 * finding or more than 20 seconds for one image ends the child and is counted. Prints "N images, N
 * wrong".
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "mkxip/inspect.h"
#include "mkxip/check.h"
#include "mkxip/extract.h"

struct shared {
	size_t at; /* the damaged image that is being looked at */
	size_t wrong; /* accepted with other content */
	size_t passed; /* accepted, with the right content */
};

static uint8_t *image;
static size_t size;
static char out[4096];
static uint32_t whole; /* checksum of the tree that the undamaged image holds */
static struct shared *shared;

static uint32_t take_tree(int fd, uint32_t sum);

static uint32_t
add(uint32_t sum, const void *bytes, size_t n)
{
	return n ? (uint32_t)crc32(sum, bytes, (uInt)n) : sum;
}

/* One file of a directory goes into the checksum and is removed. */
static uint32_t
take_file(int dir, const char *name, uint32_t sum)
{
	char buf[65536];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		abort();
	sum = add(sum, name, strlen(name) + 1);
	sum = add(sum, &st.st_mode, sizeof(st.st_mode));
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(dir, name, buf, sizeof(buf));
		sum = add(sum, buf, n > 0 ? (size_t)n : 0);
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		unlinkat(dir, name, 0);
		return sum;
	}
	fchmodat(dir, name, 0700, 0);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW);
	if (fd < 0)
		abort();
	if (S_ISDIR(st.st_mode))
		sum = take_tree(fd, sum);
	while (S_ISREG(st.st_mode) && (n = read(fd, buf, sizeof(buf))) > 0)
		sum = add(sum, buf, (size_t)n);
	close(fd);
	unlinkat(dir, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	return sum;
}

/* A checksum of everything below fd; what is there is removed. */
static uint32_t
take_tree(int fd, uint32_t sum)
{
	struct dirent **list;
	int count = scandirat(fd, ".", &list, NULL, alphasort);

	if (count < 0)
		abort();
	for (int i = 0; i < count; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0)
			sum = take_file(fd, list[i]->d_name, sum);
		free(list[i]);
	}
	free(list);
	return sum;
}

/* Unpack as `mkxip --extract` does. True if it says that all is well. */
static bool
unpack(const uint8_t *bytes, size_t length, uint32_t *sum, bool *clean)
{
	struct error error;
	struct cramfs fs;
	bool good;
	int fd;

	*clean = false;
	if (!cramfs_open(&fs, "image", bytes, length, &error))
		return false;
	*clean = check_image(&fs, length) == 0;
	good = cramfs_verify(&fs, &error);
	good = extract_image(&fs, out) == 0 && good;
	fd = open(out, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		abort();
	*sum = take_tree(fd, 0);
	close(fd);
	return good;
}

static void
one(size_t number)
{
	/* a block of its own, so that the sanitizer knows its end */
	size_t length = number < 8 * size ? size : number - 8 * size;
	uint8_t *damaged = malloc(length ? length : 1);
	uint32_t sum = 0;
	bool good, clean;

	memcpy(damaged, image, length);
	if (number < 8 * size)
		damaged[number / 8] ^= (uint8_t)(1u << number % 8);
	alarm(20);
	good = unpack(damaged, length, &sum, &clean);
	alarm(0);
	free(damaged);
	if ((good || clean) && sum != whole) {
		shared->wrong++;
		dprintf(1, "%s %zu: accepted with another content\n",
			number < 8 * size ? "bit" : "length", number < 8 * size ? number : length);
	}
	shared->passed += good;
}

static void
child(size_t step, size_t count)
{
	int null = open("/dev/null", O_WRONLY);

	if (!getenv("FLIP_VERBOSE"))
		dup2(null, 2);
	for (; shared->at < count; shared->at += step)
		one(shared->at);
	exit(0);
}

static bool
read_image(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	size = (size_t)st.st_size;
	image = malloc(size);
	return read(fd, image, size) == (ssize_t)size && close(fd) == 0;
}

int
main(int argc, char **argv)
{
	size_t count, step, first, died = 0, seen = 0;
	bool clean;

	if (argc != 5 || !read_image(argv[1]))
		return 2;
	snprintf(out, sizeof(out), "%s", argv[2]);
	first = strtoul(argv[3], NULL, 10);
	step = strtoul(argv[4], NULL, 10);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || step == 0 || !unpack(image, size, &whole, &clean) || !clean) {
		puts("the undamaged image is not good");
		return 1;
	}
	count = 9 * size; /* 8 bits a byte, and the lengths 0 … size - 1 */
	shared->at = first;
	while (shared->at < count) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			child(step, count);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		if (status == 0)
			break;
		dprintf(1, "number %zu: ended with status 0x%x\n", shared->at, status);
		if (++died > 20)
			break;
		shared->at += step;
	}
	seen = (count - first + step - 1) / step;
	printf("%zu images, %zu accepted, %zu wrong\n", seen, shared->passed, shared->wrong + died);
	return shared->wrong + died > 0;
}
