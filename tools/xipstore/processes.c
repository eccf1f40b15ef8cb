#include "xipstore/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/files.h"

#define DELETED " (deleted)"

const char *
maps_path(const char *line, uint64_t *ino)
{
	int used = 0;

	if (sscanf(line, "%*x-%*x %*4s %*x %*x:%*x %" SCNu64 "%n", ino, &used) != 1 || !used)
		return NULL;
	line += used;
	line += strspn(line, " ");
	return *line == '/' ? line : NULL;
}

static void
add_file(struct usage *u, pid_t pid, const char *path, size_t len, uint64_t ino)
{
	const struct used_file *last = u->count ? &u->list[u->count - 1] : NULL;
	const size_t tail = sizeof(DELETED) - 1;
	bool deleted = len > tail && memcmp(path + len - tail, DELETED, tail) == 0;

	if (deleted)
		len -= tail;
	/* mappings of one file mostly follow each other */
	if (last && last->pid == pid && last->ino == ino && strlen(last->path) == len &&
	    memcmp(last->path, path, len) == 0)
		return;
	must_reserve(&u->list, &u->capacity, u->count + 1, sizeof(*u->list));
	u->list[u->count++] =
		(struct used_file){pid, must_format("%.*s", (int)len, path), ino, deleted};
}

/*
 * A store that is mounted elsewhere too (containers) has other paths there: is this one of its
 * files, by the end of its path and its inode? Returns its path here, which the caller frees.
 */
static char *
path_elsewhere(const char *path, size_t len, uint64_t ino, const char *dir)
{
	char *copy = must_format("%.*s", (int)len, path), *tail = strstr(copy, "/plans/"),
	     *here = NULL;
	struct file_look look;

	for (char *s = copy; !tail && (s = strstr(s, "/e-")); s++)
		if (strstr(s, "/relocated/") || strstr(s, "/objects/"))
			tail = s;
	if (tail)
		here = must_format("%s%s", dir, tail);
	free(copy);
	if (here && (file_look(here, &look) != 0 || look.ino != ino)) {
		free(here);
		here = NULL;
	}
	return here;
}

static void
parse_line(struct usage *u, pid_t pid, const char *line, const char *dir)
{
	size_t dir_len = strlen(dir), len;
	uint64_t ino;
	const char *path = maps_path(line, &ino);
	char *here;

	if (!path)
		return;
	len = strcspn(path, "\n");
	if (strncmp(path, dir, dir_len) == 0 && path[dir_len] == '/') {
		add_file(u, pid, path, len, ino);
		return;
	}
	here = path_elsewhere(path, len, ino, dir);
	if (here)
		add_file(u, pid, here, strlen(here), ino);
	free(here);
}

static void
read_process(struct usage *u, pid_t pid, const char *dir)
{
	size_t capacity = 0;
	char name[64], *line = NULL;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	f = fopen(name, "re");
	if (!f) {
		u->unknown += errno == EACCES || errno == EPERM;
		return;
	}
	errno = 0;
	while (getline(&line, &capacity, f) > 0)
		parse_line(u, pid, line, dir);
	u->unknown += ferror(f) && errno == EACCES;
	free(line);
	fclose(f);
}

bool
usage_read(struct usage *u, const char *dir, struct error *error)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	*u = (struct usage){0};
	if (!proc)
		return error_set(error, "/proc", errno, "cannot be read");
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			read_process(u, (pid_t)atoi(entry->d_name), dir);
	closedir(proc);
	return true;
}

void
usage_free(struct usage *u)
{
	for (size_t i = 0; i < u->count; i++)
		free(u->list[i].path);
	free(u->list);
	*u = (struct usage){0};
}

/* Is this a mapping of the file that now has this path? */
static bool
is_file(const struct used_file *f, const char *path, uint64_t ino)
{
	return !f->deleted && f->ino == ino && strcmp(f->path, path) == 0;
}

/* Is entry i its process's first of this file? */
static bool
is_first(const struct usage *u, size_t i, const char *path, uint64_t ino)
{
	for (size_t k = i; k-- > 0 && u->list[k].pid == u->list[i].pid;)
		if (is_file(&u->list[k], path, ino))
			return false;
	return true;
}

size_t
usage_processes(const struct usage *u, const char *path)
{
	struct file_look look;
	size_t n = 0;

	if (file_look(path, &look) != 0)
		return 0;
	for (size_t i = 0; i < u->count; i++)
		n += is_file(&u->list[i], path, look.ino) && is_first(u, i, path, look.ino);
	return n;
}

bool
usage_below(const struct usage *u, const char *dir)
{
	size_t len = strlen(dir);

	for (size_t i = 0; i < u->count; i++)
		if (strncmp(u->list[i].path, dir, len) == 0 && u->list[i].path[len] == '/')
			return true;
	return false;
}

bool
usage_deleted_in(const struct usage *u, const char *dir)
{
	size_t len = strlen(dir);

	for (size_t i = 0; i < u->count; i++)
		if (u->list[i].deleted && strncmp(u->list[i].path, dir, len) == 0 &&
		    u->list[i].path[len] == '/' && !strchr(u->list[i].path + len + 1, '/'))
			return true;
	return false;
}

/* Documentation/admin-guide/mm/pagemap.rst: a page of a file mapping that is no file page any more
 * is a copy. */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAPPED (1ULL << 62)
#define PAGEMAP_FILE (1ULL << 61)

static bool
is_copy(uint64_t entry)
{
	return (entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) && !(entry & PAGEMAP_FILE);
}

/* How many processes copied each page of one mapping: adds to counts. */
static void
count_copies(int fd, const struct plan_map *m, uint32_t *counts)
{
	uint64_t entries[512], at = m->address / page_size, left = m->size / page_size;

	while (left) {
		size_t want = left < 512 ? left : 512;
		ssize_t got = pread(fd, entries, want * 8, (off_t)(at * 8));

		if (got < 8)
			return;
		want = (size_t)got / 8;
		for (size_t i = 0; i < want; i++)
			counts[at - m->address / page_size + i] += is_copy(entries[i]);
		at += want;
		left -= want;
	}
}

struct runs {
	struct written *list;
	size_t count, capacity;
};

static void
add_page(struct runs *r, uint64_t address, uint32_t processes)
{
	struct written *last = r->count ? &r->list[r->count - 1] : NULL;

	if (last && last->processes == processes &&
	    last->address + last->pages * page_size == address) {
		last->pages++;
		return;
	}
	must_reserve(&r->list, &r->capacity, r->count + 1, sizeof(*r->list));
	r->list[r->count++] = (struct written){address, 1, processes};
}

static int
by_address(const void *a, const void *b)
{
	const struct written *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static size_t
open_pagemaps(const struct usage *u, const char *path, int *fds, size_t capacity)
{
	struct file_look look;
	size_t n = 0;
	char name[64];

	if (file_look(path, &look) != 0)
		return 0;
	for (size_t i = 0; i < u->count && n < capacity; i++) {
		if (!is_file(&u->list[i], path, look.ino) || !is_first(u, i, path, look.ino))
			continue;
		snprintf(name, sizeof(name), "/proc/%d/pagemap", (int)u->list[i].pid);
		fds[n] = open(name, O_RDONLY | O_CLOEXEC);
		n += fds[n] >= 0;
	}
	return n;
}

struct written *
usage_written(const struct usage *u, const char *path, const struct plan *p, size_t *count)
{
	int fds[256];
	size_t nfds = open_pagemaps(u, path, fds, 256);
	struct runs runs = {0};

	for (uint64_t i = 0; nfds && i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];
		uint64_t pages = m->size / page_size;
		uint32_t *counts;

		if (m->file == PLAN_NO_FILE || plan_map_is_loader(p, m) || pages > 1UL << 24)
			continue;
		counts = calloc(pages, sizeof(*counts));
		for (size_t k = 0; counts && k < nfds; k++)
			count_copies(fds[k], m, counts);
		for (uint64_t k = 0; counts && k < pages; k++)
			if (counts[k])
				add_page(&runs, m->address + k * page_size, counts[k]);
		free(counts);
	}
	for (size_t k = 0; k < nfds; k++)
		close(fds[k]);
	if (runs.count)
		qsort(runs.list, runs.count, sizeof(*runs.list), by_address);
	*count = runs.count;
	return runs.list;
}
