#include "shmstat/read/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "shmstat/proc/maps.h"
#include "shmstat/read/mappings.h"
#include "shmstat/read/objects.h"
#include "shmstat/read/pages.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/read/sums.h"

static bool
uses_swap(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 && info.freeswap != info.totalswap;
}

static struct reader *
new_reader(void)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->known = known_files_new();
	r->file_pages = file_pages_new();
	if (r->known && r->file_pages)
		return r;
	known_files_free(r->known);
	file_pages_free(r->file_pages);
	free(r);
	return NULL;
}

struct reader *
reader_open(void)
{
	struct reader *r = new_reader();

	if (!r)
		return NULL;
	/* asked once, before there may be threads */
	(void)system_page_size();
	(void)scan_available();
	frames_open(&r->frames);
	r->swap_used = uses_swap();
	return r;
}

struct reader *
reader_beside(const struct reader *other)
{
	struct reader *r = new_reader();

	if (!r)
		return NULL;
	r->swap_used = other->swap_used;
	frames_borrow(&r->frames, &other->frames);
	return r;
}

void
reader_refresh(struct reader *r)
{
	r->swap_used = uses_swap();
	frames_forget(&r->frames);
	file_pages_forget(r->file_pages);
	known_kinds_forget(r->known);
}

void
reader_close(struct reader *r)
{
	if (!r)
		return;
	frames_close(&r->frames);
	known_files_free(r->known);
	file_pages_free(r->file_pages);
	free(r->vmas);
	free(r);
}

const char *
process_file(struct reader *r, const char *name)
{
	if (!r->prefix[0])
		return name;
	snprintf(r->path, sizeof(r->path), "%s%s", r->prefix, name);
	return r->path;
}

int
read_status(struct reader *r, int directory, struct process *p)
{
	bool has_memory = false;
	char text[8192], *line, *rest = text;

	if (procfile_once(directory, process_file(r, "status"), text, sizeof(text)) < 0)
		return errno;
	p->teller = p->pid;
	while ((line = strsep(&rest, "\n"))) {
		status_line(line, p, &has_memory);
		/* nothing that is wanted stands behind the sums of memory */
		if (strncmp(line, "Threads:", 8) == 0)
			break;
	}
	return has_memory ? 0 : ENODATA;
}

/* Status of a thread by its number: its memory is the process's. Returns its directory, or -1. */
static int
open_thread(struct reader *r, const char *number, struct process *p)
{
	struct process thread = {.pid = (pid_t)strtol(number, NULL, 10)};
	char name[32];
	int fd;

	if (thread.pid <= 0 || thread.pid == p->pid)
		return -1;
	snprintf(name, sizeof(name), "/proc/%d", (int)thread.pid);
	fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && read_status(r, fd, &thread) == 0) {
		p->teller = thread.pid;
		p->table_kb = thread.table_kb;
		p->kernel_counts = thread.kernel_counts;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

int
read_any_status(struct reader *r, int *directory, struct process *p)
{
	int err = read_status(r, *directory, p), task, fd = -1;
	struct dirent *entry;
	DIR *threads;

	if (err != ENODATA || !p->first_ended)
		return err;
	task = openat(*directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	threads = task >= 0 ? fdopendir(task) : NULL;
	while (threads && fd < 0 && (entry = readdir(threads)))
		fd = open_thread(r, entry->d_name, p);
	if (threads)
		closedir(threads);
	else if (task >= 0)
		close(task);
	if (fd < 0)
		return ENODATA;
	close(*directory);
	*directory = fd;
	return 0;
}

static uint64_t
start_time(int directory)
{
	char text[2048];
	uint64_t time = 0;
	pid_t parent;

	if (procfile_read(directory, "stat", text, sizeof(text)) > 0)
		stat_line(text, &parent, &time);
	return time;
}

/* Forgets all but what was known before memory was read. */
static void
forget(struct process *p)
{
	struct process again = *p;

	p->command = NULL;
	process_free(p);
	memcpy(p->name, again.name, sizeof(p->name));
	p->pid = again.pid;
	p->parent = again.parent;
	p->teller = again.teller;
	p->first_ended = again.first_ended;
	p->uid = again.uid;
	p->table_kb = again.table_kb;
	p->kernel_counts = again.kernel_counts;
	p->start_time = again.start_time;
	p->command = again.command;
}

int
read_deep(struct reader *r, int directory, enum depth depth, struct process *p)
{
	int err = 0;

	p->start_time = start_time(directory);
	for (int attempt = 0; attempt < 2; attempt++) {
		forget(p);
		err = read_mappings(r, directory, p);
		if (!err && depth == DEPTH_PAGES)
			err = read_pages(r, directory, p);
		if (err || (!p->changed && !p->sharing_changed))
			break;
	}
	return err ? err : objects_make(r->known, p);
}

bool
read_process(struct reader *r, pid_t pid, enum depth depth, struct process *p, struct error *error)
{
	char name[32];
	int err, directory;
	bool found;

	snprintf(name, sizeof(name), "/proc/%d", (int)pid);
	directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "process %d", (int)pid);
	memset(p, 0, sizeof(*p));
	if (directory < 0)
		return error_format(error, name, errno == ENOENT ? ESRCH : errno, "%s", "");
	p->pid = pid;
	err = read_any_status(r, &directory, p);
	if (!err)
		err = depth <= DEPTH_SUM ? read_sum(r, directory, NULL, &found, p)
					 : read_deep(r, directory, depth, p);
	close(directory);
	if (!err)
		return true;
	process_free(p);
	if (err == ENODATA)
		return error_format(error, name, 0,
				    "has no memory of its own (a kernel thread or a zombie)");
	return error_format(error, name, err == ENOENT ? ESRCH : err, "%s", "");
}
