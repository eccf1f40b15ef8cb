#include "shmstat/dups/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/frames.h"
#include "shmstat/proc/maps.h"
#include "shmstat/proc/procfile.h"
#include "shmstat/proc/scan.h"

#define FRAME_NUMBER ((1ULL << 55) - 1) /* pagemap.rst */
#define READ_PAGES 64 /* at once */
#define NONE UINT32_MAX

/* What a walk needs while it is under way; too large for the stack. */
struct walk_state {
	struct frames frames;
	struct procfile maps;
	struct scan scan;
	char bytes[READ_PAGES * 65536]; /* whatever a page's size is */
	char comm[64];
	int pid, pagemap, mem;
	struct dups_walk *walk;
	void (*page)(const void *page, uint32_t owner, void *arg);
	void (*file)(const struct process *p, const struct mapping *m, struct owner *owner,
		     void *arg);
	void *arg;
};

/* The mapping that is being read, and its owners once they are asked for. */
struct place {
	const struct mapping *m;
	uint32_t file, anonymous;
};

bool
dups_walk_init(struct dups_walk *w, size_t seen_bytes, uint32_t most_owners)
{
	memset(w, 0, sizeof(*w));
	w->state = calloc(1, sizeof(*w->state));
	if (!w->state)
		return false;
	frames_open(&w->state->frames);
	w->numbered = frames_numbered(&w->state->frames);
	w->state->walk = w;
	dups_seen_init(&w->seen, seen_bytes);
	owners_init(&w->owners, most_owners);
	return true;
}

void
dups_walk_free(struct dups_walk *w)
{
	if (w->state)
		frames_close(&w->state->frames);
	free(w->state);
	w->state = NULL;
	dups_seen_free(&w->seen);
	owners_free(&w->owners);
}

static uint64_t
device_of(const struct mapping *m)
{
	return (uint64_t)m->dev_major << 32 | m->dev_minor;
}

static bool
is_file(const struct mapping *m)
{
	return m->inode != 0;
}

/* Pages of devices are no memory, and reading them may do something. */
static bool
is_of_interest(const struct mapping *m)
{
	static const char *const others[] = {"[vvar", "[vdso]", "[vsyscall]", "[uprobes]"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strncmp(m->path, others[i], strlen(others[i])) == 0)
			return false;
	return mapping_is_user(m) &&
	       (strncmp(m->path, "/dev/", 5) != 0 || strncmp(m->path, "/dev/shm/", 9) == 0 ||
		strncmp(m->path, "/dev/zero", 9) == 0);
}

static uint32_t
owner_of(struct walk_state *s, struct place *at, bool file)
{
	uint32_t *owner = file ? &at->file : &at->anonymous;
	const struct mapping *m = at->m;
	char name[64 + 256];

	if (*owner != NONE)
		return *owner;
	if (is_file(m)) {
		*owner = owners_find(&s->walk->owners, file ? OWNER_FILE : OWNER_COPY, device_of(m),
				     m->inode, m->path, NULL);
	} else {
		snprintf(name, sizeof(name), "%.200s %s", *m->path ? m->path : "[anon]", s->comm);
		*owner = owners_find(&s->walk->owners, OWNER_ANON, 0, 0, name, NULL);
	}
	return *owner;
}

static bool
is_zero(const char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Up to READ_PAGES pages side by side: returns how many bytes came. */
static size_t
read_bytes(struct walk_state *s, uint64_t address, size_t size)
{
	struct iovec local = {s->bytes, size}, remote = {(void *)(uintptr_t)address, size};
	ssize_t got = process_vm_readv(s->pid, &local, 1, &remote, 1, 0);
	char name[64];

	if (got == (ssize_t)size)
		return size;
	/* pages without read permission: /proc/PID/mem may read them all the same */
	if (s->mem < 0) {
		snprintf(name, sizeof(name), "/proc/%d/mem", s->pid);
		s->mem = open(name, O_RDONLY | O_CLOEXEC);
	}
	got = s->mem < 0 ? -1 : pread(s->mem, s->bytes, size, (off_t)address);
	return got > 0 ? (size_t)got : 0;
}

static void
visit_run(struct walk_state *s, struct place *at, uint64_t address, size_t first, size_t pages)
{
	uint64_t size = system_page_size();
	struct dups_counts *counts = &s->walk->counts;
	size_t have = read_bytes(s, address, pages * size) / size;

	counts->unread += pages - have;
	for (size_t i = 0; i < have; i++) {
		bool file = s->frames.found[first + i].file;
		uint32_t number = owner_of(s, at, file);
		struct owner *owner;

		if (number == NONE)
			continue;
		owner = &s->walk->owners.owners[number];
		owner->pages++;
		counts->pages++;
		if (is_zero(s->bytes + i * size, size))
			*(file ? &counts->zero_file : &counts->zero_anon) += 1;
		else
			s->page(s->bytes + i * size, number, s->arg);
	}
}

/* A process counts for an owner whose pages it has, also those met in another one before. */
static void
note_process(struct walk_state *s, uint32_t number)
{
	struct owner *owner = number == NONE ? NULL : &s->walk->owners.owners[number];

	if (!owner || owner->last_pid == s->pid)
		return;
	owner->processes++;
	owner->last_pid = s->pid;
}

/* Is this page one to read: in memory, not met before, and nobody's special one? */
static bool
is_wanted(struct walk_state *s, struct place *at, uint64_t address, size_t i)
{
	const struct frame *f = &s->frames.found[i];
	struct dups_walk *w = s->walk;
	enum seen seen = SEEN_NEW;

	if (!f->present || f->zero)
		return false;
	note_process(s, owner_of(s, at, f->file));
	if (w->numbered)
		seen = dups_seen_add(&w->seen, 0, s->frames.entries[i] & FRAME_NUMBER);
	else if (f->file && is_file(at->m))
		seen = dups_seen_add(&w->seen, 1 + owner_of(s, at, true),
				     (address - at->m->start + at->m->offset) / system_page_size());
	if (seen == SEEN_BEFORE)
		return false;
	w->counts.forgotten += seen == SEEN_FULL;
	if (!w->numbered && !f->file && f->mapcount != 1) {
		w->counts.unknown++;
		return false;
	}
	w->counts.ksm += f->ksm;
	w->counts.hugetlb += f->hugetlb;
	return !f->ksm && !f->hugetlb;
}

static void
read_range(struct walk_state *s, struct place *at, uint64_t address, uint64_t end)
{
	uint64_t size = system_page_size();

	while (address < end) {
		size_t n = frames_read(&s->frames, s->pagemap, address, (end - address) / size);
		size_t run = 0;

		if (n == 0)
			return;
		for (size_t i = 0; i <= n; i++) {
			bool wanted = i < n && is_wanted(s, at, address + i * size, i);

			if (run && (!wanted || run == READ_PAGES)) {
				visit_run(s, at, address + (i - run) * size, i - run, run);
				run = 0;
			}
			run += wanted;
		}
		address += n * size;
	}
}

/* A sanitizer's shadow is terabytes of nothing: where the kernel can, skip to what is there. */
static void
read_mapping(struct walk_state *s, const struct mapping *m)
{
	struct place at = {m, NONE, NONE};
	struct scan_run run;

	if (!scan_available()) {
		read_range(s, &at, m->start, m->end);
		return;
	}
	scan_start(&s->scan, s->pagemap, m->start, m->end);
	while (scan_next(&s->scan, &run))
		if ((run.categories & SCAN_PRESENT) && !(run.categories & SCAN_ZERO))
			read_range(s, &at, run.start, run.end);
}

static void
visit_mapping(struct walk_state *s, const struct mapping *m)
{
	struct process p = {.pid = s->pid};
	bool fresh;
	uint32_t owner;

	if (!is_of_interest(m))
		return;
	if (s->page) {
		read_mapping(s, m);
	} else if (is_file(m)) {
		owner = owners_find(&s->walk->owners, OWNER_FILE, device_of(m), m->inode, m->path,
				    &fresh);
		if (owner != NONE)
			s->file(&p, m, &s->walk->owners.owners[owner], s->arg);
	}
}

static void
visit_process(struct walk_state *s, int pid)
{
	char name[64], *line;
	int directory;
	struct mapping m;

	snprintf(name, sizeof(name), "/proc/%d", pid);
	directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	s->pid = pid;
	s->mem = -1;
	s->comm[0] = '\0';
	procfile_read(directory, "comm", s->comm, sizeof(s->comm));
	s->comm[strcspn(s->comm, "\n")] = '\0';
	s->pagemap = openat(directory, "pagemap", O_RDONLY | O_CLOEXEC);
	if (s->pagemap < 0 || !procfile_open(&s->maps, directory, "maps")) {
		s->walk->counts.denied += errno == EACCES || errno == EPERM;
	} else {
		bool any = false; /* kernel threads have none */

		while ((line = procfile_line(&s->maps))) {
			if (!maps_line(line, &m))
				continue;
			any = true;
			visit_mapping(s, &m);
		}
		s->walk->counts.processes += any;
		procfile_close(&s->maps);
	}
	if (s->mem >= 0)
		close(s->mem);
	if (s->pagemap >= 0)
		close(s->pagemap);
	close(directory);
}

static void
show_progress(const struct dups_walk *w, const char *title, size_t done, size_t all)
{
	if (!w->progress)
		return;
	if (done == all)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\rshmstat: %s: process %zu of %zu, %llu MB\033[K", title, done + 1,
			all, (unsigned long long)(w->counts.pages * system_page_size() >> 20));
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int *
list_processes(size_t *count)
{
	DIR *proc = opendir("/proc");
	int *pids = NULL, own = getpid();
	size_t capacity = 0;
	struct dirent *entry;

	*count = 0;
	while (proc && (entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid <= 0 || pid == own)
			continue;
		if (!array_reserve(&pids, &capacity, *count + 1, sizeof(*pids)))
			break;
		pids[(*count)++] = pid;
	}
	if (proc)
		closedir(proc);
	if (*count)
		qsort(pids, *count, sizeof(*pids), by_number);
	return pids;
}

static bool
walk_all(struct dups_walk *w, const char *title)
{
	size_t count = w->pid_count;
	int *listed = w->pids ? NULL : list_processes(&count);
	const int *pids = w->pids ? w->pids : listed;

	if (!pids)
		return false;
	w->counts = (struct dups_counts){0};
	dups_seen_clear(&w->seen);
	for (uint32_t i = 0; i < w->owners.count && w->state->page; i++) {
		w->owners.owners[i].pages = w->owners.owners[i].processes = 0;
		w->owners.owners[i].last_pid = 0;
	}
	for (size_t i = 0; i < count; i++) {
		show_progress(w, title, i, count);
		visit_process(w->state, pids[i]);
	}
	show_progress(w, title, count, count);
	free(listed);
	return true;
}

bool
dups_walk_pages(struct dups_walk *w, const char *title,
		void (*visit)(const void *page, uint32_t owner, void *arg), void *arg)
{
	w->state->page = visit;
	w->state->file = NULL;
	w->state->arg = arg;
	return walk_all(w, title);
}

bool
dups_walk_files(struct dups_walk *w, const char *title,
		void (*visit)(const struct process *p, const struct mapping *m, struct owner *owner,
			      void *arg),
		void *arg)
{
	struct dups_counts kept = w->counts;
	bool good;

	w->state->page = NULL;
	w->state->file = visit;
	w->state->arg = arg;
	good = walk_all(w, title);
	w->counts = kept;
	return good;
}
