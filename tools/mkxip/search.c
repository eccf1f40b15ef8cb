#include "mkxip/search.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"

#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define CACHE_HEADER 48u
#define CACHE_ENTRY 24u
#define CACHE_LIMIT (64u << 20)
#define CONF_DEPTH 8

/* A file of the source as a NUL-terminated string of known length; NULL if it cannot be read. */
static char *
read_file(const struct tree *t, const char *path, size_t *size)
{
	char real[PATH_MAX];
	char *bytes = NULL;
	struct stat st;
	int fd;

	if (!tree_resolve(t, path, real))
		return NULL;
	fd = openat(t->fd, real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CACHE_LIMIT) {
		ssize_t n;

		bytes = must_alloc((size_t)st.st_size + 1);
		n = read(fd, bytes, (size_t)st.st_size);
		*size = n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return bytes;
}

static uint32_t
word(const char *bytes, size_t at, bool swap)
{
	uint32_t w;

	memcpy(&w, bytes + at, 4);
	return swap ? __builtin_bswap32(w) : w;
}

/* A string of the cache, or NULL if the offset leads out of it (bytes[size] is NUL). */
static const char *
cache_string(const char *bytes, size_t size, uint32_t at)
{
	return at < size ? bytes + at : NULL;
}

/*
 * All entries of a cache in glibc's new format (sysdeps/generic/dl-cache.h): magic, u32 count, …;
 * then for each i32 flags, u32 name, u32 path, u32 and u64 we have no use for: which machine a
 * library is for, it says itself. The cache may follow one in the old format.
 */
static bool
read_cache(struct search *s)
{
	size_t size = 0;
	char *whole = read_file(s->tree, "/etc/ld.so.cache", &size);
	char *bytes = whole ? memmem(whole, size, CACHE_MAGIC, strlen(CACHE_MAGIC)) : NULL;
	uint32_t count;
	bool swap;

	if (!bytes || size - (size_t)(bytes - whole) < CACHE_HEADER) {
		free(whole);
		return false;
	}
	size -= (size_t)(bytes - whole);
	count = word(bytes, 20, false);
	swap = count > (size - CACHE_HEADER) / CACHE_ENTRY;
	count = word(bytes, 20, swap);
	if (count > (size - CACHE_HEADER) / CACHE_ENTRY)
		count = 0;
	for (uint32_t i = 0; i < count; i++) {
		size_t at = CACHE_HEADER + (size_t)i * CACHE_ENTRY;
		const char *name = cache_string(bytes, size, word(bytes, at + 4, swap));
		const char *path = cache_string(bytes, size, word(bytes, at + 8, swap));

		if (!name || !path)
			continue;
		must_reserve(&s->cached, &s->cached_capacity, s->ncached + 1, sizeof(*s->cached));
		s->cached[s->ncached++] = (struct cached){must_strdup(name), must_strdup(path)};
	}
	free(whole);
	return count > 0;
}

static void read_conf(struct search *s, const char *path, unsigned depth);

/* "include PATTERN": the files that match, inside the source. */
static void
include_conf(struct search *s, const char *pattern, unsigned depth)
{
	char full[2 * PATH_MAX];
	size_t skip = strlen(s->tree->source);
	glob_t found;

	snprintf(full, sizeof(full), "%s/%s%s", s->tree->source, pattern[0] == '/' ? "" : "etc/",
		 pattern);
	if (glob(full, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_conf(s, found.gl_pathv[i] + skip, depth + 1);
	globfree(&found);
}

static void
read_conf(struct search *s, const char *path, unsigned depth)
{
	size_t size = 0;
	char *text = depth < CONF_DEPTH ? read_file(s->tree, path, &size) : NULL;
	char *save, *line;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *word_save, *first;

		line[strcspn(line, "#")] = 0;
		first = strtok_r(line, " \t\r", &word_save);
		if (!first)
			continue;
		if (strcmp(first, "include") == 0) {
			while ((first = strtok_r(NULL, " \t\r", &word_save)))
				include_conf(s, first, depth);
			continue;
		}
		must_reserve(&s->conf_dirs, &s->conf_capacity, s->nconf_dirs + 1,
			     sizeof(*s->conf_dirs));
		s->conf_dirs[s->nconf_dirs++] = must_strdup(first);
	}
	free(text);
}

void
search_open(struct search *s, const struct tree *t)
{
	if (s->opened)
		return;
	*s = (struct search){.tree = t, .opened = true};
	if (!read_cache(s))
		read_conf(s, "/etc/ld.so.conf", 0);
}

void
search_close(struct search *s)
{
	for (size_t i = 0; i < s->ncached; i++) {
		free(s->cached[i].name);
		free(s->cached[i].path);
	}
	for (size_t i = 0; i < s->nconf_dirs; i++)
		free(s->conf_dirs[i]);
	free(s->cached);
	free(s->conf_dirs);
	*s = (struct search){0};
}

/* Debian's name of the machine, as in /lib/x86_64-linux-gnu. */
static const char *
triplet(const struct facts *f)
{
	static const struct {
		uint16_t machine;
		uint8_t class, data;
		const char *name;
	} names[] = {
		{EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64-linux-gnu"},
		{EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x86_64-linux-gnux32"},
		{EM_386, ELFCLASS32, ELFDATA2LSB, "i386-linux-gnu"},
		{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64-linux-gnu"},
		{EM_ARM, ELFCLASS32, ELFDATA2LSB, "arm-linux-gnueabihf"},
		{EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64-linux-gnu"},
		{EM_PPC64, ELFCLASS64, ELFDATA2LSB, "powerpc64le-linux-gnu"},
		{EM_PPC64, ELFCLASS64, ELFDATA2MSB, "powerpc64-linux-gnu"},
		{EM_PPC, ELFCLASS32, ELFDATA2MSB, "powerpc-linux-gnu"},
		{EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x-linux-gnu"},
		{EM_MIPS, ELFCLASS64, ELFDATA2LSB, "mips64el-linux-gnuabi64"},
		{EM_MIPS, ELFCLASS32, ELFDATA2LSB, "mipsel-linux-gnu"},
		{EM_MIPS, ELFCLASS32, ELFDATA2MSB, "mips-linux-gnu"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].machine == f->machine && names[i].class == f->class &&
		    names[i].data == f->data)
			return names[i].name;
	return "none";
}

void
search_default_dirs(const struct facts *program, char *list, size_t size)
{
	const char *name = triplet(program);
	bool arm = program->machine == EM_ARM;

	snprintf(list, size, "/lib/%s:/usr/lib/%s:%s%s/lib:/usr/lib", name, name,
		 program->class == ELFCLASS64 ? "/lib64:/usr/lib64:" : "/lib32:/usr/lib32:",
		 arm ? "/lib/arm-linux-gnueabi:/usr/lib/arm-linux-gnueabi:" : "");
}

bool
search_is_in(const struct tree *t, const char *path, const char *list)
{
	char dir[PATH_MAX], real[PATH_MAX], one[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return false;
	snprintf(one, sizeof(one), "%.*s/", (int)(slash - path), path);
	if (!tree_resolve(t, one, dir))
		return false;
	while (*list) {
		size_t len = strcspn(list, ":");

		snprintf(one, sizeof(one), "%.*s", (int)len, list);
		if (tree_resolve(t, one, real) && strcmp(real, dir) == 0)
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}
