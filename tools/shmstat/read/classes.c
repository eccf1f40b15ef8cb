#include "shmstat/read/classes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "common/hash_index.h"
#include "shmstat/proc/memory.h"
#include "shmstat/read/layout.h"
#include "shmstat/read/reader.h"

#define CRAMFS_MAGIC 0x28cd3d45u /* at byte 0, or at 512 behind a boot sector; in either order */
#define CRAMFS_SECOND_PLACE 512

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is `path` NAME, or NAME of a file that was deleted since? */
static bool
is_named(const char *path, const char *name)
{
	size_t len = strlen(name);

	return strncmp(path, name, len) == 0 &&
	       (path[len] == '\0' || strcmp(path + len, " (deleted)") == 0);
}

bool
path_is_loader(const char *path)
{
	const char *base = base_of(path);

	return path[0] == '/' && (is_named(base, "xipld") || is_named(base, "xipld-self"));
}

/* A store's files are known by their directory and a name of sixteen hexadecimal digits. */
static bool
lies_in(const char *path, const char *directory)
{
	const char *base = base_of(path);
	size_t len = strlen(directory);

	return strspn(base, "0123456789abcdef") == 16 &&
	       (base[16] == '\0' || strcmp(base + 16, " (deleted)") == 0) &&
	       (size_t)(base - path) > len + 1 && strncmp(base - len - 1, directory, len) == 0 &&
	       base[-(long)len - 2] == '/';
}

enum page_class
store_class(const char *path)
{
	if (path[0] != '/')
		return CLASS_TEXT;
	if (lies_in(path, "relocated"))
		return CLASS_RELOCATED;
	return lies_in(path, "plans") || lies_in(path, "init-pages") ? CLASS_PROGRAM : CLASS_TEXT;
}

static bool
begins(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* The kernel's own mount of tmpfs has no device and no place: what lies there has such names. */
bool
mapping_is_shmem(const struct mapping *m)
{
	static const char *const unmounted[] = {"/memfd:", "/SYSV", "/dev/zero (deleted)",
						"/drm ",   "/i915", "/anon_hugepage"};

	if (begins(m->path, "/dev/shm/"))
		return true;
	for (size_t i = 0; i < sizeof(unmounted) / sizeof(unmounted[0]); i++)
		if (m->dev_major == 0 && begins(m->path, unmounted[i]))
			return true;
	return false;
}

bool
mapping_has_file(const struct mapping *m)
{
	return (m->inode != 0 || m->path[0] == '/') && strcmp(m->path, "/dev/zero") != 0 &&
	       !begins(m->path, "/anon_hugepage");
}

enum page_class
anonymous_class(const struct mapping *m)
{
	return mapping_has_file(m) ? CLASS_COW : CLASS_ANON;
}

bool
mapping_is_uncounted(const struct mapping *m)
{
	return m->inode == 0 && strncmp(m->path, "[vvar", 5) == 0;
}

struct known_file {
	unsigned dev_major, dev_minor;
	uint64_t inode;
	bool looked_for_image, is_image;
	bool has_kind;
	struct file_kind kind;
	bool looked_for_layout;
	struct layout *layout; /* owned; NULL: no ELF file */
};

struct known_files {
	struct known_file *files;
	size_t count, capacity;
	struct hash_index by_number; /* device and inode */
};

struct known_files *
known_files_new(void)
{
	return calloc(1, sizeof(struct known_files));
}

void
known_files_free(struct known_files *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		free(k->files[i].layout);
	free(k->files);
	hash_index_free(&k->by_number);
	free(k);
}

static uint64_t
hash_of(const struct mapping *m)
{
	return hash_of_number(m->inode, (uint64_t)m->dev_major << 32 | m->dev_minor);
}

/* NULL if it is not known yet. */
static struct known_file *
find_file(const struct known_files *k, const struct mapping *m)
{
	struct hash_index_walk walk = hash_index_walk(&k->by_number, hash_of(m));
	size_t i;

	while (hash_index_next(&walk, &i)) {
		struct known_file *f = &k->files[i];

		if (f->inode == m->inode && f->dev_major == m->dev_major &&
		    f->dev_minor == m->dev_minor)
			return f;
	}
	return NULL;
}

static bool
magic_at(int fd, off_t offset)
{
	uint32_t word;

	return pread(fd, &word, sizeof(word), offset) == sizeof(word) &&
	       (word == CRAMFS_MAGIC || word == __builtin_bswap32(CRAMFS_MAGIC));
}

static bool
is_image(const struct process *p, const struct mapping *m)
{
	int fd = open_mapped(p, m);
	bool found;

	if (fd < 0)
		return false;
	found = magic_at(fd, 0) || magic_at(fd, CRAMFS_SECOND_PLACE);
	close(fd);
	return found;
}

/* What is known of a mapping's file: nothing yet, if it is new. NULL without memory. */
static struct known_file *
known_file(struct known_files *k, const struct mapping *m)
{
	struct known_file *known = find_file(k, m);

	if (known)
		return known;
	if (!array_reserve(&k->files, &k->capacity, k->count + 1, sizeof(*k->files)) ||
	    !hash_index_add(&k->by_number, hash_of(m), k->count))
		return NULL;
	known = &k->files[k->count++];
	*known = (struct known_file){
		.inode = m->inode, .dev_major = m->dev_major, .dev_minor = m->dev_minor};
	return known;
}

enum page_class
mapping_class(struct known_files *k, const struct process *p, const struct mapping *m)
{
	enum page_class class = store_class(m->path);
	struct known_file *known;

	if (class != CLASS_TEXT || m->inode == 0)
		return class;
	if (mapping_is_shmem(m))
		return CLASS_SHMEM;
	known = known_file(k, m);
	if (!known)
		return class;
	if (!known->looked_for_image) {
		known->looked_for_image = true;
		known->is_image = is_image(p, m);
	}
	return known->is_image ? CLASS_XIP : class;
}

bool
known_kind(struct known_files *k, const struct mapping *m, struct file_kind *kind)
{
	const struct known_file *known = m->dev_major && m->inode ? find_file(k, m) : NULL;

	if (!known || !known->has_kind)
		return false;
	*kind = known->kind;
	return true;
}

void
known_kinds_forget(struct known_files *k)
{
	for (size_t i = 0; i < k->count; i++)
		k->files[i].has_kind = false;
}

struct file_kind
kind_of(struct known_files *k, const struct process *p, const struct mapping *m)
{
	return (struct file_kind){.class = mapping_class(k, p, m),
				  .anonymous_class = anonymous_class(m),
				  .is_loader = path_is_loader(m->path)};
}

struct file_kind
learn_kind(struct known_files *k, const struct process *p, const struct mapping *m)
{
	struct file_kind kind = kind_of(k, p, m);
	struct known_file *known = m->inode ? known_file(k, m) : NULL;

	if (known) {
		known->kind = kind;
		known->has_kind = true;
	}
	return kind;
}

static struct layout *
read_layout(const struct process *p, const struct mapping *m)
{
	const struct elf_segment *segments;
	struct elf_error error = {{0}};
	struct elffile *f;
	struct layout *layout;
	size_t count;
	int fd = open_mapped(p, m);

	if (fd < 0)
		return NULL;
	f = elffile_open_fd(fd, m->path, &error);
	if (!f)
		return NULL;
	count = elffile_segments(f, &segments);
	layout = layout_new(segments, count);
	elffile_close(f);
	return layout;
}

const struct layout *
known_layout(struct known_files *k, const struct process *p, const struct mapping *m)
{
	struct known_file *known;

	if (m->inode == 0 || m->file_class == CLASS_RELOCATED || m->file_class == CLASS_PROGRAM)
		return NULL;
	known = known_file(k, m);
	if (!known)
		return NULL;
	if (!known->looked_for_layout) {
		known->looked_for_layout = true;
		known->layout = read_layout(p, m);
	}
	return known->layout;
}
