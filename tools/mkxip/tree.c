#include "mkxip/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/must.h"

#define MAX_LINKS 40 /* symbolic links on the way to one file, as Linux has it */
#define MAX_DEPTH 200

/* Where `name` is among the children, or would be. */
static size_t
position(const struct node *dir, const char *name)
{
	size_t low = 0, high = dir->nchildren;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(dir->children[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct node *
node_child(const struct node *dir, const char *name)
{
	size_t at = position(dir, name);

	return at < dir->nchildren && strcmp(dir->children[at]->name, name) == 0 ? dir->children[at]
										 : NULL;
}

struct node *
node_insert(struct tree *t, struct node *dir, const char *name)
{
	size_t at = position(dir, name);
	struct node *n = must_alloc(sizeof(*n));

	n->name = must_strdup(name);
	n->parent = dir;
	must_reserve(&dir->children, &dir->capacity, dir->nchildren + 1, sizeof(struct node *));
	memmove(dir->children + at + 1, dir->children + at,
		(dir->nchildren - at) * sizeof(struct node *));
	dir->children[at] = n;
	dir->nchildren++;
	t->files++;
	return n;
}

static void
node_free(struct node *n)
{
	for (size_t i = 0; i < n->nchildren; i++)
		node_free(n->children[i]);
	free(n->children);
	free(n->target);
	free(n->bytes);
	free(n->name);
	free(n);
}

char *
node_path(const struct node *n, char *buf)
{
	char *end = buf + PATH_MAX - 1;
	char *at = end;

	*at = 0;
	for (; n->parent; n = n->parent) {
		size_t len = strlen(n->name);

		if ((size_t)(at - buf) < len + 1)
			break; /* cut at the front: only messages can see it, the scan refuses such
				*/
		at -= len;
		memcpy(at, n->name, len);
		*--at = '/';
	}
	if (at == end)
		*--at = '/';
	return memmove(buf, at, (size_t)(end - at) + 1);
}

/* The path below the source, as the system's calls want it. */
static const char *
relative_path(const char *path)
{
	return path[1] ? path + 1 : ".";
}

int
node_open(const struct tree *t, const struct node *n)
{
	char buf[PATH_MAX];

	return openat(t->fd, relative_path(node_path(n, buf)), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

bool
tree_excludes(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->nexcludes; i++)
		if (fnmatch(t->excludes[i], path, 0) == 0)
			return true;
	return false;
}

static bool
read_target(const struct tree *t, struct node *n, const char *path, struct error *error)
{
	char buf[PATH_MAX];
	ssize_t len = readlinkat(t->fd, relative_path(path), buf, sizeof(buf));

	if (len < 0 || len == sizeof(buf))
		return error_set(error, path, len < 0 ? errno : ENAMETOOLONG,
				 "cannot read symbolic link");
	buf[len] = 0;
	n->target = must_strdup(buf);
	n->size = (uint64_t)len;
	return true;
}

/* Fill the node from the file in the source. */
static bool
node_stat(struct tree *t, struct node *n, const struct stat *st, struct error *error)
{
	char path[PATH_MAX];

	n->mode = st->st_mode & 0xffff;
	n->uid = t->squash_owner ? 0 : st->st_uid;
	n->gid = t->squash_owner ? 0 : st->st_gid;
	n->in_source = true;
	node_path(n, path);
	if (S_ISREG(st->st_mode)) {
		n->size = (uint64_t)st->st_size;
	} else if (S_ISLNK(st->st_mode)) {
		return read_target(t, n, path, error);
	} else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		n->rdev = (major(st->st_rdev) & 255) << 8 | (minor(st->st_rdev) & 255);
		if (major(st->st_rdev) > 255 || minor(st->st_rdev) > 255)
			n->wide_device = st->st_rdev;
	}
	return true;
}

bool
tree_open(struct tree *t, const char *source, struct error *error)
{
	struct stat st;

	t->source = source;
	t->fd = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) != 0)
		return error_set(error, source, errno, "cannot open directory");
	t->root = must_alloc(sizeof(*t->root));
	t->root->name = must_strdup("");
	t->files = 1;
	return node_stat(t, t->root, &st, error);
}

void
tree_close(struct tree *t)
{
	if (t->root)
		node_free(t->root);
	if (t->fd > 0)
		close(t->fd);
	*t = (struct tree){.fd = -1};
}

static bool tree_scan_at(struct tree *t, struct node *dir, unsigned depth, struct error *error);

static bool
scan_entry(struct tree *t, struct node *dir, int fd, const char *name, unsigned depth,
	   struct error *error)
{
	char path[PATH_MAX];
	struct node *n;
	struct stat st;
	size_t len = strlen(node_path(dir, path));

	if (len + strlen(name) + 2 > sizeof(path))
		return error_set(error, path, ENAMETOOLONG, "cannot read directory");
	strcpy(path + (len == 1 ? 0 : len), "/");
	strcat(path, name);
	if (tree_excludes(t, path))
		return true;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return error_set(error, path, errno, "cannot read file");
	n = node_child(dir, name);
	if (!n) {
		n = node_insert(t, dir, name);
		if (!node_stat(t, n, &st, error))
			return false;
	}
	return !S_ISDIR(n->mode) || tree_scan_at(t, n, depth + 1, error);
}

static bool
tree_scan_at(struct tree *t, struct node *dir, unsigned depth, struct error *error)
{
	char path[PATH_MAX];
	bool good = true;
	struct dirent *e;
	struct stat st;
	int fd;
	DIR *d;

	node_path(dir, path);
	if (depth > MAX_DEPTH)
		return error_set(error, path, 0, "directories are nested too deeply");
	fd = openat(t->fd, relative_path(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return error_set(error, path, err, "cannot open directory");
	}
	if (t->image_dir && fstat(fd, &st) == 0 && st.st_ino == t->image_dir &&
	    st.st_dev == t->image_dev)
		good = error_set(error, path, 0,
				 "the image would lie inside the directory that it is made from");
	for (errno = 0; good && (e = readdir(d)); errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			good = scan_entry(t, dir, fd, e->d_name, depth, error);
	if (good && errno)
		good = error_set(error, path, errno, "cannot read directory");
	closedir(d);
	return good;
}

bool
tree_scan(struct tree *t, struct node *dir, struct error *error)
{
	return tree_scan_at(t, dir, 0, error);
}

/*
 * One step of following a path. `rest` is what is still to go, `at` where we are (relative to the
 * source, "" = its top). A symbolic link's text is put in front of the rest.
 */
struct steps {
	char at[PATH_MAX], rest[2 * PATH_MAX];
	unsigned links;
};

static bool
steps_begin(struct steps *s, const char *path)
{
	*s = (struct steps){.links = 0};
	if (strlen(path) >= PATH_MAX)
		return false;
	strcpy(s->rest, path);
	return true;
}

/* Take the next component off the rest into name (NAME_MAX + 1); false: none left. */
static bool
steps_next(struct steps *s, char *name)
{
	const char *p = s->rest + strspn(s->rest, "/");
	size_t len = strcspn(p, "/");

	if (len == 0)
		return false;
	if (len > NAME_MAX) /* no file is called so: it will not be found */
		len = NAME_MAX;
	memcpy(name, p, len);
	name[len] = 0;
	memmove(s->rest, p + len, strlen(p + len) + 1);
	return true;
}

static bool
steps_follow(struct steps *s, const char *target)
{
	size_t len = strlen(target), left = strlen(s->rest);

	if (++s->links > MAX_LINKS || len + left + 2 > sizeof(s->rest))
		return false;
	memmove(s->rest + len + 1, s->rest, left + 1);
	memcpy(s->rest, target, len);
	s->rest[len] = '/';
	if (target[0] == '/')
		s->at[0] = 0;
	return true;
}

static void
steps_up(struct steps *s)
{
	char *slash = strrchr(s->at, '/');

	*(slash ? slash : s->at) = 0;
}

static bool
steps_down(struct steps *s, const char *name)
{
	size_t len = strlen(s->at);

	if (len + strlen(name) + 2 > sizeof(s->at))
		return false;
	if (len)
		s->at[len++] = '/';
	strcpy(s->at + len, name);
	return true;
}

bool
tree_resolve(const struct tree *t, const char *path, char *real)
{
	char name[NAME_MAX + 1], target[PATH_MAX];
	struct steps s;

	if (!steps_begin(&s, path))
		return false;
	while (steps_next(&s, name)) {
		struct stat st;
		ssize_t len;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			steps_up(&s);
			continue;
		}
		if (!steps_down(&s, name) || fstatat(t->fd, s.at, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return false;
		if (!S_ISLNK(st.st_mode))
			continue;
		len = readlinkat(t->fd, s.at, target, sizeof(target) - 1);
		if (len <= 0)
			return false;
		target[len] = 0;
		steps_up(&s);
		if (!steps_follow(&s, target))
			return false;
	}
	strcpy(real, s.at[0] ? s.at : ".");
	return true;
}

/* The child `name` of dir, made from the source if the tree has it not yet. */
static struct node *
child_from_source(struct tree *t, struct node *dir, const char *name, const char *path,
		  struct error *error)
{
	char here[PATH_MAX];
	struct node *n = node_child(dir, name);
	struct stat st;

	if (n)
		return n;
	if (!S_ISDIR(dir->mode)) {
		error_set(error, path, ENOTDIR, "cannot open");
		return NULL;
	}
	n = node_insert(t, dir, name);
	if (fstatat(t->fd, relative_path(node_path(n, here)), &st, AT_SYMLINK_NOFOLLOW) != 0) {
		size_t at = position(dir, name);

		error_set(error, path, errno, "cannot open");
		memmove(dir->children + at, dir->children + at + 1,
			(--dir->nchildren - at) * sizeof(struct node *));
		t->files--;
		node_free(n);
		return NULL;
	}
	return node_stat(t, n, &st, error) ? n : NULL;
}

struct node *
tree_add_path(struct tree *t, const char *path, struct error *error)
{
	char name[NAME_MAX + 1];
	struct node *at = t->root;
	struct steps s;

	if (!steps_begin(&s, path)) {
		error_set(error, path, ENAMETOOLONG, "cannot open");
		return NULL;
	}
	while (steps_next(&s, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			at = at->parent ? at->parent : at;
			continue;
		}
		at = child_from_source(t, at, name, path, error);
		if (!at)
			return NULL;
		if (!S_ISLNK(at->mode))
			continue;
		if (!steps_follow(&s, at->target)) {
			error_set(error, path, ELOOP, "cannot open");
			return NULL;
		}
		at = at->target[0] == '/' ? t->root : at->parent;
	}
	return at;
}

bool
tree_walk(struct node *n, bool (*visit)(struct node *n, void *arg), void *arg)
{
	if (!visit(n, arg))
		return false;
	for (size_t i = 0; i < n->nchildren; i++)
		if (!tree_walk(n->children[i], visit, arg))
			return false;
	return true;
}
