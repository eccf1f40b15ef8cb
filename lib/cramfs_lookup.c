/* Paths inside a cramfs image, as the kernel walks them. */
#include "lib/cramfs.h"
#include "lib/message.h"
#include "lib/sys.h"

#define PATH_SIZE 4096

/* A walk: the directories from the root to where it is, and what is still to be walked. */
struct walk {
	const struct cramfs *fs;
	struct cramfs_inode at[CRAMFS_DEPTH_MAX];
	uint32_t depth; /* at[depth] is the current one */
	uint32_t links; /* followed so far */
	char rest[2 * PATH_SIZE]; /* what is left of the path */
};

static bool
find_entry(const struct cramfs *fs, const struct cramfs_inode *dir, const char *name,
	   struct cramfs_inode *inode, struct error *error)
{
	struct cramfs_entry entry;
	struct cramfs_dir d;
	int got;

	if (!cramfs_dir_open(&d, fs, dir, error))
		return false;
	while ((got = cramfs_dir_next(&d, &entry, error)) > 0) {
		if (streq(entry.name, name)) {
			*inode = entry.inode;
			return true;
		}
	}
	return got == 0 ? error_set(error, fs->path, ENOENT, "%s: not in the image", name) : false;
}

/* Put a link's text before the rest of the path. */
static bool
follow_link(struct walk *w, const struct cramfs_inode *link, const char *rest, struct error *error)
{
	char text[CRAMFS_LINK_MAX + 1], joined[2 * PATH_SIZE];

	if (++w->links > CRAMFS_FOLLOW_MAX)
		return error_set(error, w->fs->path, ELOOP, "symbolic links lead in circles");
	if (!cramfs_readlink(w->fs, link, text, error))
		return false;
	if (message_format(joined, sizeof(joined), "%s/%s", text, rest) >= sizeof(joined))
		return error_set(error, w->fs->path, ENAMETOOLONG, "path too long");
	memcpy(w->rest, joined, sizeof(joined));
	if (text[0] == '/')
		w->depth = 0;
	return true;
}

/* Cut the next component off *path; returns it, "" at the end. */
static char *
component(char **path)
{
	char *name = *path, *end;

	while (*name == '/')
		name++;
	for (end = name; *end && *end != '/'; end++)
		;
	*path = *end ? end + 1 : end;
	*end = 0;
	return name;
}

static bool
only_slashes(const char *s)
{
	while (*s == '/')
		s++;
	return !*s;
}

static bool
step(struct walk *w, const char *name, const char *rest, bool follow, struct cramfs_inode *last,
     bool *linked, struct error *error)
{
	struct cramfs_inode next;

	*linked = false;
	if (!cramfs_is_dir(last))
		return error_set(error, w->fs->path, ENOTDIR, "%s: in no directory", name);
	if (streq(name, ".") || streq(name, "..")) {
		if (name[1] && w->depth)
			w->depth--;
		*last = w->at[w->depth];
		return true;
	}
	if (!find_entry(w->fs, last, name, &next, error))
		return false;
	if (cramfs_is_link(&next) && (follow || !only_slashes(rest))) {
		*linked = true;
		return follow_link(w, &next, rest, error);
	}
	if (cramfs_is_dir(&next)) {
		if (w->depth + 1 == CRAMFS_DEPTH_MAX)
			return error_set(error, w->fs->path, ENAMETOOLONG, "directories too deep");
		w->at[++w->depth] = next;
	}
	*last = next;
	return true;
}

bool
cramfs_lookup(const struct cramfs *fs, const char *path, bool follow, struct cramfs_inode *inode,
	      struct error *error)
{
	struct walk w;
	char *rest = w.rest, *name;
	struct cramfs_inode last = fs->root;

	w.fs = fs;
	w.depth = w.links = 0;
	w.at[0] = fs->root;
	if (message_format(w.rest, PATH_SIZE, "%s", path) >= PATH_SIZE)
		return error_set(error, fs->path, ENAMETOOLONG, "path too long");
	while (*(name = component(&rest))) {
		bool linked;

		if (!step(&w, name, rest, follow, &last, &linked, error))
			return false;
		if (linked) {
			rest = w.rest;
			last = w.at[w.depth];
		}
	}
	*inode = last;
	return true;
}
