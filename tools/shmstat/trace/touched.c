#include "shmstat/trace/touched.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/memory.h"
#include "shmstat/read/classes.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/trace/imagefiles.h"

#define UNIT 4096 /* a profile's page, whatever this machine's is */

/* A page of a file; names are owned by the table. */
struct touch {
	const char *path;
	uint64_t page;
};

/* An image that pages were mapped from. */
struct known_image {
	unsigned dev_major, dev_minor;
	uint64_t inode;
	struct image_files *files; /* owned; NULL: cannot be read */
};

struct working_set {
	struct known_image *images;
	size_t image_count, image_capacity;
	char **paths; /* by name */
	size_t path_count, path_capacity;
	struct touch *touches; /* any order, repetitions, until touched_write */
	size_t count, capacity, sorted; /* those before `sorted` are in order and single */
};

struct working_set *
touched_new(void)
{
	return calloc(1, sizeof(struct working_set));
}

void
touched_free(struct working_set *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->path_count; i++)
		free(t->paths[i]);
	for (size_t i = 0; i < t->image_count; i++)
		image_files_free(t->images[i].files);
	free(t->images);
	free(t->paths);
	free(t->touches);
	free(t);
}

/* The table's copy of a name. NULL without memory. */
static const char *
known_path(struct working_set *t, const char *path)
{
	size_t low = 0, high = t->path_count;
	char **paths;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = strcmp(path, t->paths[middle]);

		if (c == 0)
			return t->paths[middle];
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	if (!array_reserve(&t->paths, &t->path_capacity, t->path_count + 1, sizeof(*t->paths)))
		return NULL;
	paths = t->paths + low;
	memmove(paths + 1, paths, (t->path_count - low) * sizeof(*paths));
	paths[0] = strdup(path);
	if (!paths[0]) {
		memmove(paths, paths + 1, (t->path_count - low) * sizeof(*paths));
		return NULL;
	}
	t->path_count++;
	return paths[0];
}

static int
compare_touches(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;
	int c = x->path == y->path ? 0 : strcmp(x->path, y->path);

	return c ? c : (x->page > y->page) - (x->page < y->page);
}

/* Each page once. */
static void
settle(struct working_set *t)
{
	size_t kept = 0;

	qsort(t->touches, t->count, sizeof(*t->touches), compare_touches);
	for (size_t i = 0; i < t->count; i++)
		if (!kept || compare_touches(&t->touches[kept - 1], &t->touches[i]) != 0)
			t->touches[kept++] = t->touches[i];
	t->count = t->sorted = kept;
}

static bool
add_touch(struct working_set *t, const char *path, uint64_t page)
{
	const char *known = known_path(t, path);

	if (!known || !array_reserve(&t->touches, &t->capacity, t->count + 1, sizeof(*t->touches)))
		return false;
	t->touches[t->count++] = (struct touch){known, page};
	return true;
}

/* What is known of the image that a mapping is of. NULL without memory. */
static const struct known_image *
known_image(struct working_set *t, const struct process *p, const struct mapping *m)
{
	struct known_image *k;
	int fd;

	for (size_t i = 0; i < t->image_count; i++)
		if (t->images[i].inode == m->inode && t->images[i].dev_major == m->dev_major &&
		    t->images[i].dev_minor == m->dev_minor)
			return &t->images[i];
	if (!array_reserve(&t->images, &t->image_capacity, t->image_count + 1, sizeof(*t->images)))
		return NULL;
	k = &t->images[t->image_count++];
	*k = (struct known_image){m->dev_major, m->dev_minor, m->inode, NULL};
	fd = open_mapped(p, m);
	if (fd >= 0) {
		k->files = image_files_open(fd);
		close(fd);
	}
	return k;
}

/* Pages of an image are those of the files that lie there. */
static bool
add_image_mapping(struct working_set *t, const struct process *p, const struct mapping *m)
{
	const struct known_image *image = known_image(t, p, m);

	for (size_t i = m->first_page; image && image->files && i < m->first_page + m->page_count;
	     i++) {
		uint64_t offset = m->offset + (p->pages[i].address - m->start), page;
		const char *path = image_files_find(image->files, offset, &page);

		if (path && !add_touch(t, path, page))
			return false;
	}
	return image != NULL;
}

static bool
add_mapping(struct working_set *t, const struct process *p, const struct mapping *m)
{
	if (m->file_class == CLASS_XIP)
		return add_image_mapping(t, p, m);
	for (size_t i = m->first_page; i < m->first_page + m->page_count; i++) {
		uint64_t offset = m->offset + (p->pages[i].address - m->start);

		for (uint64_t at = 0; at < system_page_size(); at += UNIT)
			if (!add_touch(t, m->path, (offset + at) / UNIT))
				return false;
	}
	return true;
}

/* The table and the store of an image that is being run: ours, not the program's. */
static bool
is_import(const char *path)
{
	return strncmp(path, "/.xipld/", 8) == 0 && strcmp(path, "/.xipld/image") != 0;
}

static bool
is_wanted(const struct mapping *m)
{
	size_t len = strlen(m->path);

	if (m->inode == 0 || m->path[0] != '/' || m->page_count == 0 ||
	    (m->file_class != CLASS_TEXT && m->file_class != CLASS_XIP) || is_import(m->path) ||
	    path_is_loader(m->path))
		return false;
	return len < 10 || strcmp(m->path + len - 10, " (deleted)") != 0;
}

bool
touched_add(struct working_set *t, const struct process *p)
{
	for (size_t i = 0; i < p->mapping_count; i++)
		if (is_wanted(&p->mappings[i]) && !add_mapping(t, p, &p->mappings[i]))
			return false;
	if (t->count > 2 * t->sorted + 65536)
		settle(t);
	return true;
}

/* The name as seen from the root; NULL: not below it. */
static const char *
below(const char *path, const char *root)
{
	size_t len = root ? strlen(root) : 0;

	while (len && root[len - 1] == '/')
		len--;
	return strncmp(path, root ? root : "", len) == 0 && path[len] == '/' ? path + len : NULL;
}

void
touched_write(struct working_set *t, const char *root, FILE *to, struct touched_sum *sum)
{
	const char *last = NULL, *name;

	memset(sum, 0, sizeof(*sum));
	settle(t);
	for (size_t i = 0, end; i < t->count; i = end) {
		const struct touch *first = &t->touches[i];

		for (end = i + 1; end < t->count && t->touches[end].path == first->path &&
				  t->touches[end].page == first->page + (end - i);)
			end++;
		name = below(first->path, root);
		if (!name)
			continue;
		if (strstr(name, "\\012")) { /* as the kernel writes a line feed */
			sum->left_out += first->path != last;
			last = first->path;
			continue;
		}
		sum->files += first->path != last;
		last = first->path;
		sum->pages += end - i;
		fprintf(to, "%s,%llu,%zu\n", name, (unsigned long long)first->page, end - i);
	}
}
