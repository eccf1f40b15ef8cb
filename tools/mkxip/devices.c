#include "mkxip/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct entry {
	char name[PATH_MAX], type;
	unsigned mode, uid, gid, major, minor, start, inc, count;
};

#define MAX_COUNT 65536u

static bool
column(const char *text, int base, unsigned *value)
{
	unsigned long n;
	char *end;

	*value = 0;
	if (!text || strcmp(text, "-") == 0)
		return true;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, base);
	*value = (unsigned)n;
	return !*end && errno == 0 && n <= UINT_MAX;
}

/* Returns NULL, or what is wrong with the line. */
static const char *
parse(char *line, struct entry *e)
{
	unsigned *const columns[] = {&e->mode,	&e->uid,   &e->gid, &e->major,
				     &e->minor, &e->start, &e->inc, &e->count};
	char *save, *name = strtok_r(line, " \t\n", &save), *type = strtok_r(NULL, " \t\n", &save);

	if (!type || !type[0] || type[1] || !strchr("fdcbp", type[0]))
		return "a type is f, d, c, b or p";
	if (name[0] != '/' || strlen(name) >= sizeof(e->name) - 12)
		return "a name begins with a slash";
	strcpy(e->name, name);
	e->type = type[0];
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!column(strtok_r(NULL, " \t\n", &save), i == 0 ? 8 : 10, columns[i]))
			return "not a number";
	if (e->mode > 07777)
		return "a mode has at most four octal digits";
	if (e->count > MAX_COUNT)
		return "too many devices";
	if ((e->type == 'c' || e->type == 'b') &&
	    (e->major > 255 || e->minor + (uint64_t)e->inc * (e->count ? e->count - 1 : 0) > 255))
		return "the format has 8 bits for each half of a device number";
	return NULL;
}

/* The directory of `path` and, in *name, its last component. */
static struct node *
find_parent(const struct tree *t, char *path, char **name)
{
	struct node *n = t->root;
	char *save, *part = strtok_r(path, "/", &save), *next;

	for (; n && part && (next = strtok_r(NULL, "/", &save)); part = next)
		n = S_ISDIR(n->mode) ? node_child(n, part) : NULL;
	*name = part;
	return n && S_ISDIR(n->mode) ? n : NULL;
}

static const char *
apply_one(struct tree *t, const struct entry *e, const char *path, unsigned minor)
{
	static const struct {
		char type;
		uint32_t format;
	} formats[] = {{'d', S_IFDIR}, {'c', S_IFCHR}, {'b', S_IFBLK}, {'p', S_IFIFO}};
	char copy[PATH_MAX], *name;
	uint32_t format = 0;
	struct node *dir, *n;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i].type == e->type)
			format = formats[i].format;
	dir = find_parent(t, strcpy(copy, path), &name);
	if (!dir)
		return "there is no such directory in the image";
	if (name && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
		return "not a name";
	n = name ? node_child(dir, name) : t->root;
	if (!n && e->type == 'f')
		return "there is no such file in the image";
	if (n && format && (n->mode & S_IFMT) != format)
		return "the image has a file of another kind there";
	if (!n)
		n = node_insert(t, dir, name);
	n->mode = (format ? format : n->mode & S_IFMT) | e->mode;
	n->uid = e->uid;
	n->gid = e->gid;
	if (e->type == 'c' || e->type == 'b')
		n->rdev = e->major << 8 | minor;
	return NULL;
}

static const char *
apply(struct tree *t, const struct entry *e)
{
	char path[PATH_MAX];
	const char *wrong = NULL;

	if (e->count == 0)
		return apply_one(t, e, e->name, e->minor);
	for (unsigned i = 0; i < e->count && !wrong; i++) {
		snprintf(path, sizeof(path), "%.4000s%u", e->name, e->start + i);
		wrong = apply_one(t, e, path, e->minor + i * e->inc);
	}
	return wrong;
}

bool
devices_apply(struct tree *t, const char *file, struct error *error)
{
	FILE *f = fopen(file, "re");
	const char *wrong = NULL;
	unsigned number = 0;
	char *line = NULL;
	size_t size = 0;
	struct entry e;

	if (!f)
		return error_set(error, file, errno, "cannot open device table");
	while (!wrong && getline(&line, &size, f) >= 0) {
		number++;
		if (line[strspn(line, " \t\n")] == 0 || line[strspn(line, " \t")] == '#')
			continue;
		wrong = parse(line, &e);
		if (!wrong)
			wrong = apply(t, &e);
	}
	if (!wrong && ferror(f))
		wrong = "cannot be read";
	free(line);
	fclose(f);
	return !wrong || error_set(error, file, 0, "%s (line %u)", wrong, number);
}
