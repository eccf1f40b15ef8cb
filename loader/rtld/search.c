#include "rtld/hooks.h"
#include "rtld/search.h"
#include "lib/ld_cache.h"
#include "rtld/proc_exe.h"
#include "base/heap.h"

#define PATH_SIZE 4096

struct looking {
	const char *name;
	const struct object *requester;
	struct object *obj;
	struct error *error;
	int fd;
	bool other_class; /* a file was there, for another class of CPU */
	bool tried; /* some place was searched */
	bool noted; /* what there is at `path` was */
	bool list_ends; /* the last path that was tried was there, but could not be opened */
	int last_error; /* of opening a path */
	char path[PATH_SIZE];
};

const char *
search_rule_text(enum found_by rule)
{
	static const char texts[][20] = {
		[FOUND_AS_PROGRAM] = "program",
		[FOUND_AS_PRELOAD] = "preload",
		[FOUND_AS_INTERPRETER] = "interpreter",
		[FOUND_BY_PATH] = "path",
		[FOUND_BY_RPATH] = "rpath",
		[FOUND_BY_LIBRARY_PATH] = "LD_LIBRARY_PATH",
		[FOUND_BY_RUNPATH] = "runpath",
		[FOUND_IN_CACHE] = "ld.so.cache",
		[FOUND_BY_DEFAULT] = "default directory",
	};

	return texts[rule];
}

static const char *
keep_origin(const struct object *obj, const char *dir, size_t len)
{
	struct object *o = (struct object *)obj;

	heap_begin_write();
	o->real_dir = heap_strndup(dir, len);
	heap_end_write();
	return o->real_dir;
}

const char *
search_origin(const struct object *o)
{
	char buf[PATH_SIZE];
	const char *slash;
	size_t len = 0;

	if (o->real_dir)
		return o->real_dir;
	if (o->is_program) { /* of a program, symbolic links are resolved: execve(2) did so */
		const char *path = proc_exe_path();

		if (!streq(path, o->path))
			hook_note_program(path);
		return keep_origin(o, path,
				   (size_t)(strrchr(path, '/') - path) +
					   (strrchr(path, '/') == path));
	}
	if (o->path[0] != '/') {
		long got = sys_getcwd(buf, sizeof(buf));

		if (got <= 0)
			return NULL;
		hook_note_cwd(buf);
		len = (size_t)got - 1;
		if (len > 1)
			buf[len++] = '/';
	}
	slash = strrchr(o->path, '/');
	if (!slash)
		slash = o->path;
	if (len + (size_t)(slash - o->path) + 2 > sizeof(buf))
		return NULL;
	memcpy(buf + len, o->path, (size_t)(slash - o->path));
	len += (size_t)(slash - o->path);
	if (len > 1 && buf[len - 1] == '/')
		len--;
	if (len == 0)
		buf[len++] = '/';
	return keep_origin(o, buf, len);
}

/* If *text begins with $name or ${name}, step over it. */
static bool
take_token(const char **text, const char *name)
{
	const char *s = *text + 1;
	bool brace = *s == '{';
	size_t len = strlen(name);

	s += brace;
	if (strncmp(s, name, len) != 0)
		return false;
	s += len;
	if (brace ? *s != '}' : (*s == '_' || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')))
		return false;
	*text = s + brace;
	return true;
}

static bool
append(char *buf, size_t *len, const char *s, size_t n)
{
	if (!s || *len + n >= PATH_SIZE)
		return false;
	memcpy(buf + *len, s, n);
	*len += n;
	return true;
}

/* Expand `n` bytes of text into buf (PATH_SIZE); returns the length, or -1. */
static long
expand(const char *text, size_t n, const struct object *obj, char *buf)
{
	size_t len = 0;
	const char *end = text + n;

	while (text < end) {
		const char *s = text;
		const char *value = NULL;

		if (*s == '$' && take_token(&s, "ORIGIN"))
			value = obj ? search_origin(obj) : NULL;
		else if (*s == '$' && take_token(&s, "LIB"))
			value = ARCH_LIB;
		else if (*s == '$' && take_token(&s, "PLATFORM"))
			value = rtld->search.platform ? rtld->search.platform : ARCH_PLATFORM;
		if (s != text) {
			if (!value || !append(buf, &len, value, strlen(value)))
				return -1;
			text = s;
			continue;
		}
		if (!append(buf, &len, text++, 1))
			return -1;
	}
	buf[len] = 0;
	return (long)len;
}

char *
search_expand(const char *text, const struct object *obj)
{
	char buf[PATH_SIZE];
	long len = expand(text, strlen(text), obj, buf);

	return len < 0 ? NULL : heap_strndup(buf, (size_t)len);
}

/* The plan is good where the same is found at this path, or nothing again. */
static void
note_path(struct looking *l)
{
	if (!l->noted)
		hook_note_path(l->path);
	l->noted = true;
}

/* Is there a directory in which this path could be? ld.so does not look if the path is relative. */
static bool
has_directory(const struct looking *l)
{
	char dir[PATH_SIZE];
	struct file_id id;
	size_t len = (size_t)(base_name(l->path) - l->path);

	if (!len || l->path[0] != '/')
		return true;
	memcpy(dir, l->path, len);
	dir[len] = 0;
	return sys_stat(dir, &id) == 0 && mode_is_directory(id.mode);
}

/* Does an error tell of this one file, and not that the directory is no place to search? musl then
 * searches no more (path_open). */
static bool
ends_search(const struct looking *l, int err, enum found_by rule)
{
	if (err == ENOENT || err == ENOTDIR || err == EACCES)
		return false;
	return rule == FOUND_BY_PATH || (rtld->libc_kind == LIBC_MUSL && has_directory(l));
}

/* And glibc no more in this list (open_path); the other rules come next. */
static bool
ends_list(const struct looking *l, int err)
{
	return err != ENOENT && err != EACCES && has_directory(l);
}

/* Open l->path and check its headers. True ends the search: found (fd >= 0) or a file that is
 * broken (fd < 0). */
static bool
try_path(struct looking *l, enum found_by rule)
{
	struct error error;
	int fd = sys_open(l->path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	l->noted = false;
	if (l->path[0] != '/') /* leads elsewhere in another directory */
		note_path(l);
	if (fd < 0) {
		if (fd == -EACCES) /* it may become readable, and no directory changes */
			note_path(l);
		if (ends_search(l, -fd, rule)) {
			note_path(l); /* a preload is not needed */
			error_say(l->error, l->name, -fd, ERROR_NOT_FOUND);
			return true;
		}
		l->last_error = -fd;
		l->list_ends = ends_list(l, -fd);
		if (l->list_ends)
			note_path(l);
		return false;
	}
	l->list_ends = false;
	l->obj->path = l->path;
	if (!object_read_headers(l->obj, fd, l->path, &error)) {
		sys_close(fd);
		note_path(l); /* another may come in its place */
		if (error.kind == ERROR_OTHER_CLASS || error.kind == ERROR_OTHER_MACHINE) {
			l->other_class |= error.kind == ERROR_OTHER_CLASS;
			return false;
		}
		if (l->error)
			*l->error = error;
		return true;
	}
	l->obj->path = heap_strdup(l->path);
	l->obj->found_by = rule;
	l->fd = fd;
	return true;
}

static bool
is_missing(const char *dir, size_t len)
{
	const struct search_rules *s = &rtld->search;

	for (uint32_t i = 0; i < s->nmissing; i++)
		if (strncmp(s->missing[i], dir, len) == 0 && !s->missing[i][len])
			return true;
	return false;
}

static bool
directory_exists(const char *dir, size_t len)
{
	struct search_rules *s = &rtld->search;
	struct file_id id;

	if (is_missing(dir, len))
		return false;
	char *name = heap_strndup(dir, len);
	bool there = sys_stat(name, &id) == 0;

	hook_note_searched(name);
	if (there) {
		heap_free(name, len + 1);
		return true;
	}
	s->missing =
		heap_grow(s->missing, &s->missing_capacity, s->nmissing + 1, sizeof(*s->missing));
	s->missing[s->nmissing++] = name;
	return false;
}

/* Names of the glibc-hwcaps directories for this CPU; asked for once, as CPUID is slow in a virtual
 * machine. */
static uint32_t
hwcaps(const char *const **names)
{
	static const char *list[4];
	static uint32_t count;
	static bool known;

	if (!known)
		count = arch_hwcaps(list);
	known = true;
	*names = list;
	return count;
}

/* A library that comes to l->path would be found first. */
static void
note_tried(struct looking *l)
{
	char *slash = strrchr(l->path, '/');

	if (l->noted || slash == l->path)
		return;
	*slash = 0;
	hook_note_searched(l->path);
	hook_note_tried(l->path, slash + 1);
	*slash = '/';
}

static bool
try_directory(struct looking *l, const char *dir, size_t len, enum found_by rule)
{
	const char *const *names;
	size_t name_len = strlen(l->name);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len == 0) { /* an empty element is the current directory */
		dir = ".";
		len = 1;
	}
	if (len + name_len + 40 > PATH_SIZE)
		return false;
	memmove(l->path, dir, len);
	if (rtld->libc_kind == LIBC_GLIBC) {
		memcpy(l->path + len, "/glibc-hwcaps", 14);
		/* one look for the parent tells of all its subdirectories */
		if (directory_exists(l->path, len + 13)) {
			uint32_t count = hwcaps(&names);

			for (uint32_t i = 0; i < count; i++) {
				message_format(l->path + len + 13, PATH_SIZE - len - 13, "/%s/%s",
					       names[i], l->name);
				if (try_path(l, rule))
					return true;
				note_tried(l);
			}
		}
	}
	message_format(l->path + len, PATH_SIZE - len, "/%s", l->name);
	if (try_path(l, rule))
		return true;
	note_tried(l);
	return false;
}

/* Go through a list of directories, separated by colons (LD_LIBRARY_PATH: semicolons too). */
static bool
try_list(struct looking *l, const char *list, const struct object *origin, enum found_by rule)
{
	char dir[PATH_SIZE];

	l->list_ends = false;
	while (list && !l->list_ends) {
		const char *end = list;
		long len;

		while (*end && *end != ':' && !(rule == FOUND_BY_LIBRARY_PATH && *end == ';'))
			end++;
		len = expand(list, (size_t)(end - list), origin, dir);
		l->tried = true;
		if (len >= 0 && try_directory(l, dir, (size_t)len, rule))
			return true;
		list = *end ? end + 1 : NULL;
	}
	return false;
}

/* DT_RPATH of the requester, of who loaded that, and so on to the program (ld.so(8)). */
static bool
try_rpaths(struct looking *l)
{
	bool saw_program = false;

	if (!l->requester || l->requester->runpath)
		return false;
	for (const struct object *o = l->requester; o; o = o->needed_by) {
		if (o->rpath && !o->runpath && try_list(l, o->rpath, o, FOUND_BY_RPATH))
			return true;
		saw_program |= o->is_program;
	}
	if (!saw_program && rtld->program && rtld->program->rpath)
		return try_list(l, rtld->program->rpath, rtld->program, FOUND_BY_RPATH);
	return false;
}

/* The cache stays mapped for the length of one operation: search_done. */
static struct {
	const char *bytes;
	size_t size;
	bool tried;
} cache;

static void
open_cache(void)
{
	struct file_id id;
	int fd = sys_open(LD_CACHE_FILE, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	bool there = fd >= 0 && sys_fstat(fd, &id) == 0;
	long at;

	cache.tried = true;
	hook_note_ld_cache(there ? &id : NULL);
	if (fd < 0)
		return;
	if (there && id.size > 0) {
		at = sys_mmap(0, (size_t)id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
		if (!sys_failed(at)) {
			cache.bytes = (const char *)at;
			cache.size = (size_t)id.size;
		}
	}
	sys_close(fd);
}

void
search_done(void)
{
	if (cache.bytes)
		sys_munmap((uintptr_t)cache.bytes, PAGE_ALIGN_UP(cache.size));
	cache.bytes = NULL;
	cache.tried = false;
}

static bool
try_cache(struct looking *l)
{
	const char *path;
	const char *const *names;
	uint32_t count;

	if (!cache.tried)
		open_cache();
	count = cache.bytes ? hwcaps(&names) : 0;
	path = cache.bytes ? ld_cache_lookup(cache.bytes, cache.size, l->name, names, count) : NULL;
	hook_note_lookup(l->name, path);
	if (!path)
		return false;
	message_format(l->path, sizeof(l->path), "%s", path);
	if (try_path(l, FOUND_IN_CACHE))
		return true;
	note_path(l); /* the cache may be older than what is gone, and comes again */
	return false;
}

static const char default_dirs[] = ARCH_DEFAULT_DIRS;

static bool
search_glibc(struct looking *l)
{
	if (try_rpaths(l))
		return true;
	if (rtld->search.library_path &&
	    try_list(l, rtld->search.library_path, rtld->program, FOUND_BY_LIBRARY_PATH))
		return true;
	if (l->requester && l->requester->runpath &&
	    try_list(l, l->requester->runpath, l->requester, FOUND_BY_RUNPATH))
		return true;
	if (l->requester && (l->requester->flags_1 & DF_1_NODEFLIB))
		return false;
	return try_cache(l) || try_list(l, default_dirs, NULL, FOUND_BY_DEFAULT);
}

/* musl: LD_LIBRARY_PATH, then the rpaths of requester and its requesters, then the system's list.
 */
static bool
search_musl(struct looking *l)
{
	if (rtld->search.library_path &&
	    try_list(l, rtld->search.library_path, rtld->program, FOUND_BY_LIBRARY_PATH))
		return true;
	for (const struct object *o = l->requester; o; o = o->needed_by) {
		const char *list = o->runpath ? o->runpath : o->rpath;

		if (list && try_list(l, list, o, FOUND_BY_RPATH))
			return true;
	}
	return try_list(l, rtld->search.musl_path, NULL, FOUND_BY_DEFAULT);
}

static void
not_found(const struct looking *l, int err)
{
	if (l->other_class)
		error_say(l->error, l->name, 0, ERROR_OTHER_CLASS);
	else
		error_say(l->error, l->name, err, ERROR_NOT_FOUND);
}

int
search_open(const char *name, const struct object *requester, struct object *obj,
	    struct error *error)
{
	struct looking l = {
		.name = name, .requester = requester, .obj = obj, .error = error, .fd = -1};

	if (strchr(name, '/')) {
		int fd;

		if (expand(name, strlen(name), requester ? requester : rtld->program, l.path) < 0) {
			error_say(error, name, ENAMETOOLONG, ERROR_NOT_FOUND);
			return -1;
		}
		if (try_path(&l, FOUND_BY_PATH))
			return l.fd;
		fd = sys_open(l.path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
		if (fd >= 0)
			sys_close(fd);
		else
			note_path(&l); /* a preload may be missing */
		not_found(&l, fd < 0 ? -fd : ENOENT);
		return -1;
	}
	if (rtld->libc_kind == LIBC_MUSL ? search_musl(&l) : search_glibc(&l))
		return l.fd;
	/* ld.so names no error where it had no place to search (-z nodefaultlib) */
	not_found(&l, l.last_error ? l.last_error : l.tried || rtld->started ? ENOENT : 0);
	return -1;
}

/* A list's directories are listed once each. */
static bool
is_listed(const struct search_dir *dirs, uint32_t n, const char *dir)
{
	for (uint32_t i = 0; i < n; i++)
		if (streq(dirs[i].dir, dir))
			return true;
	return false;
}

static uint32_t
add_dirs(const char *list, const struct object *origin, enum found_by rule, struct search_dir *dirs,
	 uint32_t n, uint32_t max)
{
	char dir[PATH_SIZE];
	const uint32_t first = n;

	while (list && n < max) {
		const char *end = list;
		long len;

		while (*end && *end != ':' && !(rule == FOUND_BY_LIBRARY_PATH && *end == ';'))
			end++;
		len = expand(list, (size_t)(end - list), origin, dir);
		while (len > 1 && dir[len - 1] == '/')
			len--;
		if (len >= 0) {
			dir[len] = 0;
			if (!is_listed(dirs + first, n - first, len ? dir : "."))
				dirs[n++] = (struct search_dir){heap_strdup(len ? dir : "."), rule};
		}
		list = *end ? end + 1 : NULL;
	}
	return n;
}

uint32_t
search_dirs(const struct object *requester, struct search_dir *dirs, uint32_t max)
{
	uint32_t n = 0;

	if (!requester->runpath) {
		bool saw_program = false;

		for (const struct object *o = requester; o; o = o->needed_by) {
			n = add_dirs(o->rpath, o, FOUND_BY_RPATH, dirs, n, max);
			saw_program |= o->is_program;
		}
		if (!saw_program)
			n = add_dirs(rtld->program->rpath, rtld->program, FOUND_BY_RPATH, dirs, n,
				     max);
	}
	n = add_dirs(rtld->search.library_path, rtld->program, FOUND_BY_LIBRARY_PATH, dirs, n, max);
	n = add_dirs(requester->runpath, requester, FOUND_BY_RUNPATH, dirs, n, max);
	if (!(requester->flags_1 & DF_1_NODEFLIB))
		n = add_dirs(rtld->libc_kind == LIBC_MUSL ? rtld->search.musl_path : default_dirs,
			     NULL, FOUND_BY_DEFAULT, dirs, n, max);
	return n;
}
