/* After ld.so(8), and musl's ldso/dynlink.c: load_library, path_open. */
#include "mkxip/closure.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"

/* A library or program that one program has loaded. */
struct object {
	char *path; /* as it was found */
	char *origin; /* what $ORIGIN stands for */
	char *name; /* as it was asked for */
	struct facts facts;
	const struct object *loader; /* who asked first; NULL: the program itself */
};

/* A program and its objects in load order: each name is looked up once, like in a process. */
struct program {
	struct closure *closure;
	struct object **objects;
	size_t count, capacity, done; /* done: their needs were looked at */
	bool musl;
	bool tolerant; /* what is missing is reported, not an error */
	const char *interpreter; /* of the program's facts */
	char default_dirs[2 * PATH_MAX];
};

static const char program_dirs[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void
closure_open(struct closure *c, struct tree *t, bool verbose)
{
	*c = (struct closure){.tree = t, .verbose = verbose};
}

static void
program_free(struct program *p)
{
	for (size_t i = 0; p && i < p->count; i++) {
		facts_free(&p->objects[i]->facts);
		free(p->objects[i]->path);
		free(p->objects[i]->origin);
		free(p->objects[i]->name);
		free(p->objects[i]);
	}
	if (p)
		free(p->objects);
	free(p);
}

void
closure_close(struct closure *c)
{
	program_free(c->first);
	search_close(&c->search);
}

static bool
file_facts(const struct closure *c, const char *path, struct facts *f)
{
	char real[PATH_MAX];
	struct stat st;
	int fd = -1;
	bool good;

	*f = (struct facts){0};
	if (tree_resolve(c->tree, path, real))
		fd = openat(c->tree->fd, real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && facts_read(f, fd);
	close(fd);
	return good;
}

/* Put the file into the tree and the object into the program; takes the facts over. */
static struct object *
add_object(struct program *p, const char *path, const char *name, struct facts *facts,
	   const struct object *loader, struct error *error)
{
	struct node *n = tree_add_path(p->closure->tree, path, error);
	char real[PATH_MAX], *slash;
	struct object *o;

	if (!n) {
		facts_free(facts);
		return NULL;
	}
	o = must_alloc(sizeof(*o));
	o->path = must_strdup(path);
	o->name = must_strdup(name);
	o->facts = *facts;
	o->loader = loader;
	/* of a program, symbolic links are resolved: execve(2) did so; of a library they are not */
	o->origin = must_strdup(p->count ? path : node_path(n, real));
	slash = strrchr(o->origin, '/');
	if (slash)
		*slash = 0;
	must_reserve(&p->objects, &p->capacity, p->count + 1, sizeof(*p->objects));
	p->objects[p->count++] = o;
	return o;
}

static bool
is_loaded(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct object *o = p->objects[i];

		if (strcmp(o->name, name) == 0 ||
		    (o->facts.soname && strcmp(o->facts.soname, name) == 0))
			return true;
	}
	return false;
}

/* Where the path really leads: is that to be left out? */
static bool
is_excluded(const struct tree *t, const char *path)
{
	char real[PATH_MAX + 1] = "/";

	return t->nexcludes && tree_resolve(t, path, real + 1) && tree_excludes(t, real);
}

/* A candidate: is it there, and for this machine? Then it is added, or left out if the user wants
 * that; either way the search is over. */
static bool
try_path(struct program *p, const char *path, const char *name, const struct object *asker,
	 struct error *error)
{
	struct facts facts;

	if (!file_facts(p->closure, path, &facts) || !facts_agree(&facts, &p->objects[0]->facts)) {
		facts_free(&facts);
		return false;
	}
	if (p->closure->verbose)
		printf("%s: %s => %s\n", asker->path, name, path);
	if (is_excluded(p->closure->tree, path)) {
		facts_free(&facts);
		return true;
	}
	return add_object(p, path, name, &facts, asker, error) != NULL;
}

/* The variants of a library for newer CPUs: where the image will run is not known, so all go in. */
static bool
try_hwcaps(struct program *p, const char *dir, const char *name, const struct object *asker,
	   struct error *error)
{
	char path[PATH_MAX], real[PATH_MAX];
	bool found = false;
	struct dirent **list;
	int count, fd;

	snprintf(path, sizeof(path), "%.3000s/glibc-hwcaps", dir);
	if (p->musl || !tree_resolve(p->closure->tree, path, real))
		return false;
	fd = openat(p->closure->tree->fd, real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	close(fd);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%.3000s/glibc-hwcaps/%s/%.255s", dir, list[i]->d_name,
			 name);
		if (list[i]->d_name[0] != '.')
			found |= try_path(p, path, name, asker, error);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	return found;
}

static bool
try_dir(struct program *p, const char *dir, const char *name, const struct object *asker,
	struct error *error)
{
	char path[PATH_MAX];
	bool variant = try_hwcaps(p, dir, name, asker, error);

	snprintf(path, sizeof(path), "%.3000s/%.255s", dir, name);
	return try_path(p, path, name, asker, error) || variant;
}

/* Length of $name or ${name} at the start of text; 0: it is something else. */
static size_t
token(const char *text, size_t left, const char *name)
{
	bool brace = left > 1 && text[1] == '{';
	size_t len = strlen(name), at = 1 + brace;

	if (left < at + len + brace || strncmp(text + at, name, len) != 0)
		return 0;
	at += len;
	if (brace)
		return text[at] == '}' ? at + 1 : 0;
	return at < left && (isalnum((unsigned char)text[at]) || text[at] == '_') ? 0 : at;
}

/*
 * $ORIGIN and $LIB of ld.so(8) in one directory of a list; false: unknown or too long. What the
 * target's kernel will say for $PLATFORM is not known.
 */
static bool
expand(const struct program *p, const char *from, size_t len, const struct object *origin, char *to)
{
	const char *lib = strstr(p->default_dirs, "linux-gnu") ? p->default_dirs + 1 : "lib:";
	size_t used = 0, step;

	for (size_t i = 0; i < len; i += step) {
		const char *value = from + i;
		size_t value_len = 1;

		step = 1;
		if (from[i] == '$' && (step = token(value, len - i, "ORIGIN"))) {
			value = origin->origin;
			value_len = strlen(value);
		} else if (from[i] == '$' && (step = token(value, len - i, "LIB"))) {
			value = lib;
			value_len = strcspn(lib, ":");
		}
		if (step == 0 || used + value_len >= PATH_MAX)
			return false;
		memcpy(to + used, value, value_len);
		used += value_len;
	}
	to[used] = 0;
	return true;
}

static bool
try_list(struct program *p, const char *list, const struct object *origin, const char *name,
	 const struct object *asker, struct error *error)
{
	char dir[PATH_MAX];

	while (list && *list) {
		size_t len = strcspn(list, ":");

		if (len && expand(p, list, len, origin, dir) && try_dir(p, dir, name, asker, error))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

/* DT_RPATH of the asker, of who loaded that, and so on to the program. */
static bool
try_rpaths(struct program *p, const char *name, const struct object *asker, struct error *error)
{
	for (const struct object *o = asker; o; o = o->loader) {
		const char *list = o->facts.rpath;

		if (p->musl && o->facts.runpath)
			list = o->facts.runpath;
		else if (o->facts.runpath)
			continue;
		if (try_list(p, list, o, name, asker, error))
			return true;
	}
	return false;
}

/* Every entry of the cache for that name and machine: one, or one for each kind of CPU. */
static bool
try_cache(struct program *p, const char *name, const struct object *asker, struct error *error)
{
	struct search *s = &p->closure->search;
	size_t before = p->count;
	bool found = false;
	char dir[PATH_MAX];

	search_open(s, p->closure->tree);
	for (size_t i = 0; i < s->ncached; i++)
		if (strcmp(s->cached[i].name, name) == 0)
			found |= try_path(p, s->cached[i].path, name, asker, error);
	for (size_t i = 0; !found && i < s->nconf_dirs; i++) {
		snprintf(dir, sizeof(dir), "%.4000s", s->conf_dirs[i]);
		found = try_dir(p, dir, name, asker, error);
	}
	/* a library elsewhere than in the default directories will be found by the cache only */
	if (p->count > before &&
	    !search_is_in(p->closure->tree, p->objects[p->count - 1]->path, p->default_dirs)) {
		struct error ignored;

		tree_add_path(p->closure->tree, "/etc/ld.so.cache", &ignored);
	}
	return found;
}

static bool
find(struct program *p, const char *name, const struct object *asker, struct error *error)
{
	if (strchr(name, '/'))
		return try_path(p, name, name, asker, error);
	if (p->musl)
		return try_rpaths(p, name, asker, error) ||
		       try_list(p, p->default_dirs, asker, name, asker, error);
	if (!asker->facts.runpath && try_rpaths(p, name, asker, error))
		return true;
	if (asker->facts.runpath && try_list(p, asker->facts.runpath, asker, name, asker, error))
		return true;
	return !asker->facts.no_default_dirs &&
	       (try_cache(p, name, asker, error) ||
		try_list(p, p->default_dirs, asker, name, asker, error));
}

/* musl's own names, all of them the interpreter (dynlink.c: load_library). */
static bool
is_musl_itself(const char *name)
{
	static const char *const own[] = {"c.",	 "pthread.", "rt.",   "m.",
					  "dl.", "util.",    "xnet.", "c.musl-"};

	if (strncmp(name, "ld-musl-", 8) == 0)
		return true;
	if (strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strncmp(name + 3, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

/* The needs of all objects that were not looked at, breadth first as ld.so does it. */
static bool
load_needed(struct program *p, struct error *error)
{
	for (; p->done < p->count; p->done++) {
		const struct object *o = p->objects[p->done];

		for (size_t i = 0; i < o->facts.nneeded; i++) {
			const char *name = o->facts.needed[i];

			if (is_loaded(p, name) || (p->musl && is_musl_itself(name)))
				continue;
			*error = (struct error){.file = ""};
			if (find(p, name, o, error))
				continue;
			if (error->what[0]) /* it is there but cannot be packed */
				return false;
			if (!p->tolerant)
				return error_set(error, o->path, 0, "needs %s, which was not found",
						 name);
			fprintf(stderr, "mkxip: %s: needs %s, which was not found (left out)\n",
				o->path, name);
			p->closure->missing++;
		}
	}
	return true;
}

/* musl's list of directories: /etc/ld-musl-ARCH.path, of the interpreter's own prefix. */
static void
musl_dirs(struct program *p)
{
	const char *interpreter = p->interpreter, *base = strstr(interpreter, "/ld-musl-");
	char path[PATH_MAX], real[PATH_MAX];
	const char *dot = strstr(base, ".so");
	size_t prefix = (size_t)(base - interpreter), len = 0;
	struct error ignored;
	int fd;

	while (prefix && interpreter[prefix - 1] != '/') /* without ".../lib" */
		prefix--;
	snprintf(path, sizeof(path), "%.*s/etc/%.*s.path", prefix ? (int)prefix - 1 : 0,
		 interpreter, dot ? (int)(dot - base - 1) : 0, base + 1);
	fd = tree_resolve(p->closure->tree, path, real)
		     ? openat(p->closure->tree->fd, real, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
		     : -1;
	if (fd >= 0) {
		ssize_t n = read(fd, p->default_dirs, sizeof(p->default_dirs) - 1);

		len = n > 0 ? (size_t)n : 0;
		close(fd);
		tree_add_path(p->closure->tree, path, &ignored);
	}
	p->default_dirs[len] = 0;
	for (char *s = p->default_dirs; *s; s++)
		*s = *s == '\n' ? ':' : *s;
	if (!len)
		strcpy(p->default_dirs, "/lib:/usr/local/lib:/usr/lib");
}

static struct program *
new_program(struct closure *c, const char *path, struct facts *facts, struct error *error)
{
	struct program *p = must_alloc(sizeof(*p));
	struct facts of_interpreter;
	struct object *o;

	p->closure = c;
	o = add_object(p, path, path, facts, NULL, error);
	if (!o) {
		program_free(p);
		return NULL;
	}
	search_default_dirs(&o->facts, p->default_dirs, sizeof(p->default_dirs));
	p->interpreter = o->facts.interpreter;
	if (!p->interpreter)
		return p;
	p->musl = strstr(p->interpreter, "/ld-musl-") != NULL;
	if (p->musl)
		musl_dirs(p);
	if (!file_facts(c, p->interpreter, &of_interpreter)) {
		error_set(error, path, 0, "its interpreter %s was not found", p->interpreter);
		program_free(p);
		return NULL;
	}
	if (!add_object(p, p->interpreter, p->interpreter, &of_interpreter, o, error)) {
		program_free(p);
		return NULL;
	}
	return p;
}

/* "#!INTERPRETER [ARGUMENT]": what it names, into path and argument (each PATH_MAX); false if the
 * file is no script. */
static bool
script_interpreter(const struct closure *c, const char *script, char *path, char *argument)
{
	char line[256] = "", real[PATH_MAX], format[32];
	ssize_t n = -1;
	int fd = tree_resolve(c->tree, script, real)
			 ? openat(c->tree->fd, real, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
			 : -1;

	if (fd >= 0) {
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
	}
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[strcspn(line, "\n")] = 0;
	snprintf(format, sizeof(format), "%%%ds %%%ds", 250, 250);
	path[0] = argument[0] = 0;
	return sscanf(line + 2, "%250s %250s", path, argument) >= 1;
}

/* A name without slash is looked up in the usual directories. */
static bool
program_path(const struct closure *c, const char *name, char *path)
{
	char real[PATH_MAX];
	const char *list = program_dirs;

	if (strlen(name) >= PATH_MAX - 32)
		return false;
	if (strchr(name, '/')) {
		strcpy(path, name);
		return tree_resolve(c->tree, path, real);
	}
	while (*list) {
		size_t len = strcspn(list, ":");

		snprintf(path, PATH_MAX, "%.*s/%s", (int)len, list, name);
		if (tree_resolve(c->tree, path, real))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

static bool add_program_at(struct closure *c, const char *name, unsigned depth,
			   struct error *error);

static bool
add_script(struct closure *c, const char *script, unsigned depth, struct error *error)
{
	char path[PATH_MAX], argument[PATH_MAX];
	const char *base;

	if (depth > 4 || !script_interpreter(c, script, path, argument))
		return error_set(error, script, 0, "is not a program");
	if (!tree_add_path(c->tree, script, error) || !add_program_at(c, path, depth + 1, error))
		return false;
	base = strrchr(path, '/');
	/* env(1) looks its argument up in PATH */
	if (base && strcmp(base, "/env") == 0 && argument[0] && argument[0] != '-')
		return add_program_at(c, argument, depth + 1, error);
	return true;
}

static bool
add_program_at(struct closure *c, const char *name, unsigned depth, struct error *error)
{
	char path[PATH_MAX];
	struct facts facts;
	struct program *p;
	bool good;

	if (!program_path(c, name, path))
		return error_set(error, name, ENOENT, "no such program in %s", c->tree->source);
	if (!file_facts(c, path, &facts))
		return add_script(c, path, depth, error);
	p = new_program(c, path, &facts, error);
	if (!p)
		return false;
	good = load_needed(p, error);
	if (!c->first)
		c->first = p;
	else
		program_free(p);
	return good;
}

bool
closure_add_program(struct closure *c, const char *name, struct error *error)
{
	return add_program_at(c, name, 0, error);
}

/* One file below what was included. */
struct including {
	struct closure *closure;
	struct error *error;
};

static bool
include_file(struct node *n, void *arg)
{
	struct including *g = arg;
	struct closure *c = g->closure;
	char path[PATH_MAX];
	struct facts facts;

	node_path(n, path);
	if (!S_ISREG(n->mode) || !file_facts(c, path, &facts))
		return true;
	if (!c->first || !facts_agree(&facts, &c->first->objects[0]->facts)) {
		facts_free(&facts);
		return true;
	}
	c->first->tolerant = true;
	return add_object(c->first, path, path, &facts, c->first->objects[0], g->error) &&
	       load_needed(c->first, g->error);
}

bool
closure_include(struct closure *c, const char *path, struct error *error)
{
	struct including g = {c, error};
	struct node *n = tree_add_path(c->tree, path, error);

	if (!n || (S_ISDIR(n->mode) && !tree_scan(c->tree, n, error)))
		return false;
	return tree_walk(n, include_file, &g);
}

bool
closure_add_hot(struct closure *c, const struct selection *s, struct error *error)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < s->nhot; i++) {
		const char *path = s->hot[i].path;

		if (i && strcmp(path, s->hot[i - 1].path) == 0)
			continue;
		if (tree_resolve(c->tree, path, real) && !closure_include(c, path, error))
			return false;
	}
	return true;
}
