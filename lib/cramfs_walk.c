/* All that is in a cramfs image, once. */
#include "lib/cramfs.h"
#include "lib/sys.h"

#define PATH_SIZE 4096
#define ENTRY_SIZE 12 /* the least that an entry takes */

struct level {
	struct cramfs_dir dir;
	uint32_t path_len; /* of the directory's own path */
};

struct walk {
	struct level levels[CRAMFS_DEPTH_MAX];
	uint32_t depth;
	uint64_t left; /* entries that there may still be */
	char path[PATH_SIZE];
	struct cramfs_entry entry;
};

static bool
next_entry(struct walk *w, struct level *l, cramfs_visit *visit, void *context, struct error *error)
{
	const struct cramfs *fs = l->dir.fs;
	const struct cramfs_entry *e = &w->entry;
	size_t len = l->path_len + 1 + e->namelen;

	if (w->left-- == 0)
		return error_set(error, fs->path, 0,
				 "not a tree: directories share or contain each other");
	if (len >= sizeof(w->path))
		return error_set(error, fs->path, 0, "path too long: directories too deep");
	w->path[l->path_len] = '/';
	memcpy(w->path + l->path_len + 1, e->name, e->namelen + 1);
	if (!visit(context, w->path, &e->inode, error))
		return false;
	if (!cramfs_is_dir(&e->inode))
		return true;
	if (w->depth + 1 == CRAMFS_DEPTH_MAX)
		return error_set(error, fs->path, 0, "directories too deep (inode at %u)",
				 e->inode.position);
	w->depth++;
	l[1].path_len = (uint32_t)len;
	return cramfs_dir_open(&l[1].dir, fs, &e->inode, error);
}

bool
cramfs_walk(const struct cramfs *fs, cramfs_visit *visit, void *context, struct error *error)
{
	struct walk w;

	w.depth = 0;
	w.left = fs->size / ENTRY_SIZE;
	w.levels[0].path_len = 0;
	if (!cramfs_dir_open(&w.levels[0].dir, fs, &fs->root, error))
		return false;
	for (;;) {
		struct level *l = &w.levels[w.depth];
		int got = cramfs_dir_next(&l->dir, &w.entry, error);

		if (got < 0)
			return false;
		if (got == 0 && w.depth-- == 0)
			return true;
		if (got && !next_entry(&w, l, visit, context, error))
			return false;
	}
}
