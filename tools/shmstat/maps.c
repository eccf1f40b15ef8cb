#include "maps.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
smaps_value(const char *line, const char *key, uint64_t *kb)
{
	size_t len = strlen(key);

	return strncmp(line, key, len) == 0 && line[len] == ':' &&
	       sscanf(line + len + 1, "%" SCNu64, kb) == 1;
}

bool
maps_line(const char *line, struct mapping *m)
{
	int used = 0;
	size_t len;

	memset(m, 0, sizeof(*m));
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %*u%n", &m->start,
		   &m->end, m->perms, &m->offset, &used) != 4 ||
	    used == 0 || m->end < m->start)
		return false;
	line += used;
	while (*line == ' ')
		line++;
	len = strcspn(line, "\n");
	m->path = strndup(line, len);
	return m->path != NULL;
}

void
pages_add(struct pages *sum, const struct pages *p)
{
	sum->mapped += p->mapped;
	sum->resident += p->resident;
	sum->shared += p->shared;
	sum->private_file += p->private_file;
	sum->private_copy += p->private_copy;
	sum->swapped += p->swapped;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool
mapping_is_loader(const struct mapping *m)
{
	const char *base = base_of(m->path);

	return m->path[0] == '/' && (strcmp(base, "xipld") == 0 || strcmp(base, "xipld-self") == 0);
}

/* A store's files are known by their directory and a name of sixteen hexadecimal digits. */
static bool
lies_in(const char *path, const char *directory)
{
	const char *base = base_of(path);
	size_t len = strlen(directory);

	return strspn(base, "0123456789abcdef") == 16 && base[16] == '\0' &&
	       (size_t)(base - path) > len + 1 && strncmp(base - len - 1, directory, len) == 0 &&
	       base[-(long)len - 2] == '/';
}

enum page_class
mapping_class(const struct mapping *m)
{
	if (m->path[0] != '/')
		return CLASS_ANON;
	if (lies_in(m->path, "linked"))
		return CLASS_LINKED;
	if (lies_in(m->path, "plans"))
		return CLASS_CLOSURE;
	return CLASS_TEXT;
}

const char *page_class_name(enum page_class class)
{
	static const char *const names[CLASS_COUNT] = {"text", "linked", "closure", "cow", "anon"};

	return names[class];
}

/* smaps tells private from shared by whether the page is mapped once; copies are its Anonymous
 * pages. */
static void
take_smaps_line(struct mapping *m, const char *line, uint64_t page_kb)
{
	uint64_t kb;

	if (smaps_value(line, "Size", &kb))
		m->pages.mapped = kb / page_kb;
	else if (smaps_value(line, "Rss", &kb))
		m->pages.resident = kb / page_kb;
	else if (smaps_value(line, "Private_Clean", &kb) || smaps_value(line, "Private_Dirty", &kb))
		m->pages.private_file += kb / page_kb;
	else if (smaps_value(line, "Anonymous", &kb))
		m->pages.private_copy = kb / page_kb;
	else if (smaps_value(line, "Swap", &kb))
		m->pages.swapped = kb / page_kb;
}

static void
finish_mapping(struct mapping *m)
{
	struct pages *p = &m->pages;

	p->shared = p->resident - p->private_file;
	/* an anonymous page that a fork still shares counts as the process's own all the same */
	if (p->private_copy > p->private_file)
		p->private_copy = p->private_file;
	p->private_file -= p->private_copy;
}

static int
read_smaps(struct process *p)
{
	char name[64], *line = NULL;
	size_t room = 0, capacity = 0;
	uint64_t page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	FILE *f;
	int error = 0;

	snprintf(name, sizeof(name), "/proc/%d/smaps", (int)p->pid);
	f = fopen(name, "re");
	if (!f)
		return errno;
	while (getline(&line, &room, f) > 0) {
		struct mapping m;

		if (!isdigit((unsigned char)line[0]) && !(line[0] >= 'a' && line[0] <= 'f')) {
			if (p->count)
				take_smaps_line(&p->maps[p->count - 1], line, page_kb);
			continue;
		}
		if (!maps_line(line, &m))
			continue;
		if (p->count == capacity) {
			struct mapping *larger =
				realloc(p->maps, (capacity * 2 + 64) * sizeof(*larger));

			if (!larger) {
				free(m.path);
				error = ENOMEM;
				break;
			}
			p->maps = larger;
			capacity = capacity * 2 + 64;
		}
		p->maps[p->count++] = m;
	}
	if (ferror(f))
		error = errno;
	free(line);
	fclose(f);
	for (size_t i = 0; i < p->count; i++)
		finish_mapping(&p->maps[i]);
	return error;
}

static void
read_names(struct process *p)
{
	char name[64], line[256];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)p->pid);
	f = fopen(name, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		uint64_t kb;

		if (strncmp(line, "Name:\t", 6) == 0) {
			snprintf(p->name, sizeof(p->name), "%.*s", (int)strcspn(line + 6, "\n"),
				 line + 6);
		} else if (smaps_value(line, "VmPTE", &kb)) {
			p->table_kb = kb;
		}
	}
	fclose(f);
}

int
process_read(struct process *p, pid_t pid)
{
	int error;

	memset(p, 0, sizeof(*p));
	p->pid = pid;
	read_names(p);
	error = read_smaps(p);
	if (error == 0 && p->count == 0)
		error = ESRCH; /* a kernel thread, or one that has just ended */
	for (size_t i = 0; i < p->count; i++)
		p->from_xipld |= mapping_is_loader(&p->maps[i]) && p->maps[i].perms[2] == 'x';
	if (error == 0)
		frames_count(p);
	if (error)
		process_free(p);
	return error;
}

void
process_free(struct process *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->maps[i].path);
	free(p->maps);
	p->maps = NULL;
	p->count = 0;
}
