/* What the format cannot hold: refused, or left out and said. */
#include "mkxip/fits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "common/must.h"
#include "mkxip/report.h"

#define MOST_LINES 20 /* that say what is refused */

static bool
fits(const struct node *n, struct error *error)
{
	char path[PATH_MAX];

	node_path(n, path);
	if (strlen(n->name) > IMAGE_MAX_NAME)
		return error_set(error, path, 0, "name of %u bytes: the format has at most %u",
				 (unsigned)strlen(n->name), IMAGE_MAX_NAME);
	if (n->uid > 0xffff)
		return error_set(error, path, 0,
				 "user %u: the format has 16 bits (--squash-owner makes it root)",
				 n->uid);
	if (n->gid > 0xff)
		return error_set(error, path, 0,
				 "group %u: the format has 8 bits (--squash-owner makes it root)",
				 n->gid);
	if (n->wide_device)
		return error_set(error, path, 0,
				 "device number %u:%u: the format has 8 bits for each half",
				 major(n->wide_device), minor(n->wide_device));
	if (S_ISREG(n->mode) && n->size > IMAGE_MAX_FILE)
		return error_set(
			error, path, 0,
			"%lu bytes: the format ends at 16777215 bytes a file; strip(1) it if "
			"it has debugging information, or leave it out (--exclude '%s')",
			(unsigned long)n->size, path);
	return true;
}

/* The last error travels up as every error does; those before it are said here. */
struct refusing {
	struct error *error;
	size_t count;
};

static bool
refuse(struct node *n, void *arg)
{
	struct refusing *r = arg;
	struct error error;

	if (fits(n, &error))
		return true;
	if (r->count && r->count < MOST_LINES)
		report_error(r->error);
	if (r->count++ < MOST_LINES)
		*r->error = error;
	return true;
}

bool
tree_fits(const struct tree *t, struct error *error)
{
	struct refusing r = {.error = error};

	tree_walk(t->root, refuse, &r);
	if (r.count > MOST_LINES) {
		report_error(error);
		error_set(error, t->source, 0, "%lu more files do not fit the format",
			  (unsigned long)(r.count - MOST_LINES));
	}
	return r.count == 0;
}

/* Kinds of extended attributes (xattr(7)), and what they are called. */
static const struct {
	const char *prefix, *words;
} kinds[] = {
	{"security.capability", "file capabilities"},
	{"system.posix_acl_", "access control lists"},
	{"security.", "security labels"},
	{"user.", "user attributes"},
	{"", "other extended attributes"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct losing {
	const struct tree *t;
	size_t count[KINDS]; /* files that have some */
	char first[KINDS][PATH_MAX];
};

static void
note_loss(struct losing *l, const char *names, size_t size, const char *path)
{
	bool seen[KINDS] = {false};

	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		size_t k = 0;

		while (strncmp(name, kinds[k].prefix, strlen(kinds[k].prefix)) != 0)
			k++;
		if (!seen[k] && l->count[k]++ == 0)
			snprintf(l->first[k], PATH_MAX, "%s", path);
		seen[k] = true;
	}
}

static bool
look_at(struct node *n, void *arg)
{
	struct losing *l = arg;
	char path[PATH_MAX], name[PATH_MAX + 64], names[XATTR_LIST_MAX];
	ssize_t size;

	if (!n->in_source)
		return true;
	node_path(n, path);
	if ((size_t)snprintf(name, sizeof(name), "/proc/self/fd/%d%s", l->t->fd, path) >=
	    sizeof(name))
		return true;
	size = llistxattr(name, names, sizeof(names));
	if (size > 0)
		note_loss(l, names, (size_t)size, path);
	return true;
}

bool
tree_loses(const struct tree *t, bool strict, struct error *error)
{
	struct losing *l = must_alloc(sizeof(*l));
	bool good = true;

	l->t = t;
	tree_walk(t->root, look_at, l);
	for (size_t k = 0; k < KINDS; k++) {
		struct error loss;

		if (l->count[k] == 0)
			continue;
		error_set(&loss, l->first[k], 0,
			  "%s%s of %lu file%s: the format has no place for them",
			  strict ? "" : "warning: ", kinds[k].words, (unsigned long)l->count[k],
			  l->count[k] == 1 ? "" : "s, this one the first");
		if (!strict || !good)
			report_error(strict ? error : &loss);
		if (strict)
			*error = loss;
		good &= !strict;
	}
	free(l);
	return good;
}
