#include "shmstat/trace/imagefiles.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/array.h"
#include "lib/cramfs.h"

/* A page of the image that is one of a file. */
struct image_page {
	uint64_t offset;
	uint32_t path; /* number */
	uint32_t page; /* of the file */
};

struct image_files {
	struct image_page *pages; /* by offset */
	size_t count, capacity;
	char **paths;
	size_t path_count, path_capacity;
};

struct walking {
	const struct cramfs *fs;
	struct image_files *files;
};

static bool
add_page(struct image_files *f, uint64_t offset, uint32_t page)
{
	if (!array_reserve(&f->pages, &f->capacity, f->count + 1, sizeof(*f->pages)))
		return false;
	f->pages[f->count++] = (struct image_page){offset, (uint32_t)f->path_count, page};
	return true;
}

/* What mkxip --link made is made again, and in no profile. */
static bool
is_own(const char *path)
{
	return strncmp(path, "/.xipld/", 8) == 0;
}

static bool
visit(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct walking *w = context;
	struct image_files *f = w->files;
	size_t before = f->count;

	if (!cramfs_is_file(inode) || is_own(path))
		return true;
	for (uint32_t i = 0; i < cramfs_blocks(inode); i++) {
		struct cramfs_block b;

		if (!cramfs_block(w->fs, inode, i, &b, error))
			return false;
		if ((b.kind == CRAMFS_BLOCK_DIRECT || b.kind == CRAMFS_BLOCK_RAW) &&
		    b.offset % CRAMFS_BLOCK == 0 && !add_page(f, b.offset, i))
			return false;
	}
	if (f->count == before)
		return true;
	if (!array_reserve(&f->paths, &f->path_capacity, f->path_count + 1, sizeof(*f->paths)))
		return false;
	f->paths[f->path_count] = strdup(path);
	return f->paths[f->path_count++] != NULL;
}

static int
compare_pages(const void *a, const void *b)
{
	const struct image_page *x = a, *y = b;
	int c = (x->offset > y->offset) - (x->offset < y->offset);

	return c ? c : (x->path > y->path) - (x->path < y->path);
}

static bool
read_image(struct image_files *f, const void *bytes, size_t size)
{
	struct cramfs fs;
	struct walking w = {&fs, f};
	struct error error;

	if (!cramfs_open(&fs, "image", bytes, size, &error) || !cramfs_walk(&fs, visit, &w, &error))
		return false;
	if (f->count)
		qsort(f->pages, f->count, sizeof(*f->pages), compare_pages);
	return true;
}

struct image_files *
image_files_open(int fd)
{
	struct image_files *f = calloc(1, sizeof(*f));
	off_t size = lseek(fd, 0, SEEK_END);
	void *bytes = MAP_FAILED;
	bool good = false;

	if (size > 0)
		bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes != MAP_FAILED) {
		good = f && read_image(f, bytes, (size_t)size);
		munmap(bytes, (size_t)size);
	}
	if (good)
		return f;
	image_files_free(f);
	return NULL;
}

void
image_files_free(struct image_files *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->path_count; i++)
		free(f->paths[i]);
	free(f->paths);
	free(f->pages);
	free(f);
}

const char *
image_files_find(const struct image_files *f, uint64_t offset, uint64_t *page)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (f->pages[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == f->count || f->pages[low].offset != offset)
		return NULL;
	*page = f->pages[low].page;
	return f->paths[f->pages[low].path];
}
