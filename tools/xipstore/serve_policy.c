#include "xipstore/serve_policy.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/trust.h"

#define LINKS 8 /* that lead from a name to the program */

char *
request_string(const struct request_word *w)
{
	return w->at ? must_format("%.*s", (int)w->size, w->at) : NULL;
}

bool
policy_is_plain_path(const char *path)
{
	if (path[0] != '/')
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

/* Take empty parts, "." and ".." out of an absolute path, where no directory is a link. */
static void
make_plain(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from == '/') {
		size_t len = strcspn(++from, "/");

		if (len == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len && !(len == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = 0;
}

/* A walk from the root to a program. */
struct walk {
	char path[PATH_MAX];
	struct stat st; /* of what was come to */
	bool is_link; /* `path` is where it leads: walk again */
};

static const char *
follow(struct walk *w, int link, size_t parent, const char *rest)
{
	char target[PATH_MAX], path[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target) - 1);
	int size;

	if (len <= 0)
		return "a link on its way cannot be read";
	target[len] = 0;
	if (target[0] == '/')
		size = snprintf(path, sizeof(path), "%s%s", target, rest);
	else
		size = snprintf(path, sizeof(path), "%.*s/%s%s", (int)parent, w->path, target,
				rest);
	if (size >= (int)sizeof(path))
		return "its path is too long";
	make_plain(path);
	memcpy(w->path, path, sizeof(path));
	w->is_link = true;
	return NULL;
}

static const char *
check_directory(int fd, const struct stat *st)
{
	struct statfs fs;

	if (!S_ISDIR(st->st_mode))
		return "no such program";
	if (!trust_is_roots(st->st_uid, st->st_mode))
		return "a directory on its way is not in root's hands";
	if (!(st->st_mode & 01)) /* or we would tell him what is in it */
		return "a directory on its way is not for everybody";
	if (fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC)
		return "it has no name that lasts";
	return NULL;
}

/* One part of the path, which begins at `at` and is `len` bytes long; *dir becomes what it is. */
static const char *
step(struct walk *w, int *dir, size_t at, size_t len)
{
	char name[NAME_MAX + 1];
	bool last = !w->path[at + len];
	int fd;

	if (len > NAME_MAX)
		return "no such program";
	memcpy(name, w->path + at, len);
	name[len] = 0;
	fd = openat(*dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	close(*dir);
	*dir = fd;
	if (fd < 0 || fstat(fd, &w->st) < 0)
		return "no such program";
	if (S_ISLNK(w->st.st_mode)) {
		/* by way of more links one program had any number of names */
		if (!last && at > 1)
			return "a directory on its way is a link";
		return follow(w, fd, at - 1, w->path + at + len);
	}
	return last ? NULL : check_directory(fd, &w->st);
}

static const char *
walk(struct walk *w)
{
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *wrong = dir < 0 || fstat(dir, &w->st) < 0 ? "no such program"
							      : check_directory(dir, &w->st);

	w->is_link = false;
	for (size_t at = 1; !wrong && !w->is_link && at > 0;) {
		size_t len = strcspn(w->path + at, "/"),
		       next = w->path[at + len] ? at + len + 1 : 0;

		wrong = step(w, &dir, at, len);
		at = next;
	}
	if (dir >= 0)
		close(dir);
	return wrong;
}

/* What root's publisher does for everybody. */
static const char *
check_system_program(const char *path, struct stat *program)
{
	struct walk w;
	const char *wrong;

	if (!policy_is_plain_path(path) || strlen(path) >= sizeof(w.path))
		return "its path is not plain";
	snprintf(w.path, sizeof(w.path), "%s", path);
	for (unsigned links = 0; links <= LINKS; links++) {
		wrong = walk(&w);
		if (wrong)
			return wrong;
		if (w.is_link)
			continue;
		*program = w.st;
		if (!S_ISREG(w.st.st_mode) || !trust_is_roots(w.st.st_uid, w.st.st_mode))
			return "it is not in root's hands";
		return (w.st.st_mode & 05) == 05 ? NULL : "it is not for everybody";
	}
	return "too many links lead to it";
}

/* What a publisher does for whom it belongs to. */
static const char *
look_at_program(const struct request *r, struct stat *program)
{
	char *path = request_string(&r->program), *cwd = request_string(&r->cwd);
	int dir = cwd ? open(cwd, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
	bool found = fstatat(dir, path, program, 0) == 0 && S_ISREG(program->st_mode);

	if (dir >= 0)
		close(dir);
	free(path);
	free(cwd);
	return found ? NULL : "no such program";
}

const char *
policy_check(const struct request *r, uint32_t asker, uint32_t owner, struct stat *program)
{
	const char *wrong;
	char *path;

	if (asker == owner && trust_owner(asker, owner))
		return look_at_program(r, program);
	if (owner != 0)
		return "this publisher is another user's";
	if (request_has_environment(r))
		return "its environment bears on linking";
	path = request_string(&r->program);
	wrong = check_system_program(path, program);
	free(path);
	return wrong;
}
