/* All processes, or those of them that a filter passes. */
#include "shmstat/read/list.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/maps.h"
#include "shmstat/read/parallel.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/read/sums.h"
#include "shmstat/read/vma_summary.h"

struct listed {
	pid_t pid, parent;
	bool in_tree;
};

struct listing {
	struct listed *processes;
	size_t count, capacity;
};

static int
by_pid(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static bool
list_processes(DIR *proc, struct listing *l)
{
	struct dirent *entry;

	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (!array_reserve(&l->processes, &l->capacity, l->count + 1,
				   sizeof(*l->processes)))
			return false;
		l->processes[l->count++] =
			(struct listed){.pid = (pid_t)strtol(entry->d_name, NULL, 10)};
	}
	qsort(l->processes, l->count, sizeof(*l->processes), by_pid);
	return true;
}

/* Descendants: pass on until nothing is added; children may have smaller numbers than parents. */
static void
mark_tree(int proc, struct listing *l, pid_t root)
{
	bool added = true;

	for (size_t i = 0; i < l->count; i++) {
		char name[32], text[2048];
		uint64_t time;

		snprintf(name, sizeof(name), "%d/stat", (int)l->processes[i].pid);
		if (procfile_read(proc, name, text, sizeof(text)) > 0)
			stat_line(text, &l->processes[i].parent, &time);
		l->processes[i].in_tree = l->processes[i].pid == root;
	}
	while (added) {
		added = false;
		for (size_t i = 0; i < l->count; i++) {
			struct listed key = {.pid = l->processes[i].parent}, *parent;

			if (l->processes[i].in_tree)
				continue;
			parent = bsearch(&key, l->processes, l->count, sizeof(key), by_pid);
			if (parent && parent->in_tree)
				l->processes[i].in_tree = added = true;
		}
	}
}

/* Arguments with blanks between them. */
static char *
read_command(int directory)
{
	char text[4096];
	long len = procfile_read(directory, "cmdline", text, sizeof(text));

	if (len < 0)
		len = 0;
	while (len > 0 && text[len - 1] == '\0')
		len--;
	for (long i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[len] = '\0';
	return strdup(text);
}

/*
 * Is the text part of the path of its cgroup in any hierarchy? "NUMBER:CONTROLLERS:PATH" a line; of
 * the unified hierarchy 0 and no controllers. On a hybrid system that one may hold nothing.
 */
static bool
is_in_cgroup(int directory, const char *wanted)
{
	char text[8192], *line, *rest = text;

	if (procfile_read(directory, "cgroup", text, sizeof(text)) <= 0)
		return false;
	while ((line = strsep(&rest, "\n"))) {
		const char *controllers = strchr(line, ':');
		const char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (path && strstr(path + 1, wanted))
			return true;
	}
	return false;
}

/* What of the filter can be told before memory is looked at. */
static bool
passes(int directory, const struct filter *filter, struct process *p)
{
	if (filter->uid >= 0 && p->uid != (uid_t)filter->uid)
		return false;
	if (filter->command) {
		/* its own command line always has the text, as an argument */
		if (p->pid == getpid())
			return false;
		p->command = read_command(directory);
		if (!strstr(p->name, filter->command) &&
		    !(p->command && strstr(p->command, filter->command)))
			return false;
	}
	return !filter->cgroup || is_in_cgroup(directory, filter->cgroup);
}

static bool
maps_object(const struct process *p, const char *object)
{
	for (size_t i = 0; i < p->mapping_count; i++)
		if (strstr(p->mappings[i].path, object))
			return true;
	return false;
}

/* Returns 0 or an errno; *shown: it passed. The process is to be freed in any case. `at` as
 * read_any_status has it. */
static int
read_listed(struct reader *r, int *at, const struct filter *filter, enum depth depth,
	    struct process *p, bool *shown)
{
	int err = read_any_status(r, at, p), directory = *at;

	*shown = false;
	if (err || !passes(directory, filter, p))
		return err;
	if (depth <= DEPTH_SUM)
		return read_sum(r, directory, filter->object, shown, p);
	err = read_deep(r, directory, depth, p);
	*shown = !err && (!filter->object || maps_object(p, filter->object));
	return err;
}

static void
count_skipped(struct skipped *skipped, const struct process *p, int err)
{
	if (err != EACCES && err != EPERM) {
		skipped->ended++;
		return;
	}
	if (skipped->denied < SKIPPED_NAMED) {
		skipped->named[skipped->denied].pid = p->pid;
		memcpy(skipped->named[skipped->denied].name, p->name, sizeof(p->name));
	}
	skipped->denied++;
}

const char *
skipped_names(const struct skipped *skipped, char *text, size_t size)
{
	size_t n = 0, named = 0;

	text[0] = '\0';
	for (; named < skipped->denied && named < SKIPPED_NAMED && n + 100 < size; named++)
		n += (size_t)snprintf(text + n, size - n, "%s%d %s", named ? ", " : "",
				      (int)skipped->named[named].pid, skipped->named[named].name);
	if (named < skipped->denied)
		snprintf(text + n, size - n, " and others");
	return text;
}

/*
 * What needs no more than three files of the process is read without opening its directory. EAGAIN:
 * it needs more.
 */
static int
read_lightly(struct reader *r, int proc, const struct filter *filter, struct one_read *read)
{
	int err;

	snprintf(r->prefix, sizeof(r->prefix), "%d/", (int)read->pid);
	read->p.pid = read->pid;
	read->shown = false;
	err = read_status(r, proc, &read->p);
	if (err == ENODATA && read->p.first_ended)
		err = EAGAIN;
	if (!err)
		err = filter->command || filter->cgroup ? EAGAIN : 0;
	if (!err && passes(proc, filter, &read->p))
		err = read_vma_summary(r, proc, filter->object, &read->shown, &read->p);
	r->prefix[0] = '\0';
	return err;
}

void
read_one(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	 struct one_read *read)
{
	char name[16];
	int directory;

	if (depth == DEPTH_VMA_SUMMARY) {
		read->err = read_lightly(r, proc, filter, read);
		if (read->err != EAGAIN)
			return;
		process_free(&read->p);
	}
	read->p.pid = read->pid;
	snprintf(name, sizeof(name), "%d", (int)read->pid);
	directory = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0) {
		read->err = ESRCH;
		return;
	}
	read->err = read_listed(r, &directory, filter, depth, &read->p, &read->shown);
	close(directory);
}

/* Hands over what was read. False: no more is wanted. */
static bool
deliver(struct one_read *read, bool (*visit)(struct process *p, void *arg), void *arg,
	struct skipped *skipped)
{
	bool go_on = true;

	if (read->err && read->err != ENODATA)
		count_skipped(skipped, &read->p, read->err);
	else if (!read->err && read->shown)
		go_on = visit(&read->p, arg);
	process_free(&read->p);
	return go_on;
}

/* Sums are small: all are read before the first is shown. */
static void
visit_sums(struct reader *r, int proc, struct one_read *reads, size_t count,
	   const struct filter *filter, enum depth depth,
	   bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped)
{
	bool go_on = true;

	read_sums(r, proc, filter, depth, reads, count);
	for (size_t i = 0; i < count; i++) {
		if (go_on)
			go_on = deliver(&reads[i], visit, arg, skipped);
		else
			process_free(&reads[i].p);
	}
}

static void
visit_deep(struct reader *r, int proc, struct one_read *reads, size_t count,
	   const struct filter *filter, enum depth depth,
	   bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped)
{
	for (size_t i = 0; i < count; i++) {
		read_one(r, proc, filter, depth, &reads[i]);
		if (!deliver(&reads[i], visit, arg, skipped))
			break;
	}
}

/* Those of the listing that the filter's tree has. NULL without memory. */
static struct one_read *
chosen(const struct listing *l, const struct filter *filter, size_t *count)
{
	struct one_read *reads = calloc(l->count + 1, sizeof(*reads));

	*count = 0;
	for (size_t i = 0; reads && i < l->count; i++)
		if (!filter->tree || l->processes[i].in_tree)
			reads[(*count)++].pid = l->processes[i].pid;
	return reads;
}

bool
read_all(struct reader *r, const struct filter *filter, enum depth depth,
	 bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped,
	 struct error *error)
{
	static const struct filter all = {.uid = -1};
	struct listing l = {0};
	struct one_read *reads = NULL;
	DIR *proc = opendir("/proc");
	size_t count;

	if (!filter)
		filter = &all;
	memset(skipped, 0, sizeof(*skipped));
	reader_refresh(r);
	if (!proc)
		return error_format(error, "/proc", errno, "%s", "");
	if (list_processes(proc, &l)) {
		if (filter->tree)
			mark_tree(dirfd(proc), &l, filter->tree);
		reads = chosen(&l, filter, &count);
	}
	if (reads && depth <= DEPTH_SUM)
		visit_sums(r, dirfd(proc), reads, count, filter, depth, visit, arg, skipped);
	else if (reads)
		visit_deep(r, dirfd(proc), reads, count, filter, depth, visit, arg, skipped);
	closedir(proc);
	free(l.processes);
	if (!reads)
		return error_format(error, "/proc", ENOMEM, "%s", "");
	free(reads);
	return true;
}
