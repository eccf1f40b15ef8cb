#include "shmstat/trace/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/trace/exactfaults.h"
#include "shmstat/trace/tracee.h"

#define OPTIONS                                                                                \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT)
#define AROUND 16 /* pages: fault_around_bytes, mm/memory.c */

/* An address space; threads and vfork's children share it. */
struct space {
	int fd; /* its userfaultfd; -1: none */
	size_t users;
};

struct thread {
	pid_t tid;
	struct space *space; /* NULL: not known yet, it waits for its parent's report */
	bool forked; /* the space is a copy that has no userfaultfd yet */
	bool stopped; /* has shown up */
	uint64_t call, args[6]; /* the system call that it is in */
	bool executed; /* a new program, still within execve: no call can be made yet */
};

struct range {
	uint64_t start, end;
};

struct following {
	struct reader *r;
	struct working_set *t;
	struct followed *f;
	struct thread *threads;
	size_t count, capacity;
	struct range
		*mapped; /* from files, in whatever process: before they go, they are looked at */
	size_t mapped_count, mapped_capacity;
	bool no_memory;
};

static struct thread *
find_thread(struct following *w, pid_t tid)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->threads[i].tid == tid)
			return &w->threads[i];
	if (!array_reserve(&w->threads, &w->capacity, w->count + 1, sizeof(*w->threads))) {
		w->no_memory = true;
		return NULL;
	}
	w->threads[w->count] = (struct thread){.tid = tid};
	return &w->threads[w->count++];
}

static void
leave_space(struct space *s)
{
	if (!s || --s->users)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static void
new_space(struct following *w, struct thread *thread)
{
	leave_space(thread->space);
	thread->space = calloc(1, sizeof(*thread->space));
	if (!thread->space) {
		w->no_memory = true;
		return;
	}
	*thread->space = (struct space){.fd = -1, .users = 1};
}

static void
forget_thread(struct following *w, pid_t tid)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->threads[i].tid != tid)
			continue;
		leave_space(w->threads[i].space);
		w->threads[i] = w->threads[--w->count];
		return;
	}
}

/* A process that is going or changing cannot be read for long: what is missed now is missed. */
static void
look(struct following *w, pid_t tid)
{
	struct process p;

	if (!read_process(w->r, tid, DEPTH_PAGES, &p, NULL))
		return;
	w->no_memory |= !touched_add(w->t, &p);
	process_free(&p);
}

/* After exec, before the first instruction. */
static void
begin_program(struct following *w, struct thread *thread)
{
	uint64_t at = tracee_instruction(thread->tid);

	w->f->programs++;
	new_space(w, thread);
	thread->forked = thread->executed = false;
	if (!thread->space)
		return;
	if (at && tracee_plant(thread->tid, at)) {
		thread->space->fd = exactfaults_open(thread->tid, at);
		tracee_lift(thread->tid, at);
	}
	if (thread->space->fd >= 0)
		exactfaults_all(thread->space->fd, thread->tid);
	else
		w->f->inexact++;
}

/*
 * The child of a fork stands behind its parent's system call. To run that instruction again brings
 * pages around it in: they are dropped.
 */
static void
begin_child(struct following *w, struct thread *thread)
{
	uint64_t at = tracee_last_call(thread->tid), size = system_page_size();
	uint64_t window = at & ~(AROUND * size - 1);
	int fd;

	thread->forked = false;
	new_space(w, thread);
	if (!thread->space)
		return;
	fd = thread->space->fd = exactfaults_open(thread->tid, at);
	if (fd < 0)
		return;
	exactfaults_all(fd, thread->tid);
	for (uint64_t page = window; page < window + AROUND * size; page += size)
		if (!tracee_has_copy(thread->tid, page) && page != (at & ~(size - 1)))
			tracee_call(thread->tid, at, SYS_madvise,
				    (uint64_t[6]){page, size, MADV_DONTNEED});
}

static void
remember_mapping(struct following *w, uint64_t start, uint64_t end)
{
	if (array_reserve(&w->mapped, &w->mapped_capacity, w->mapped_count + 1, sizeof(*w->mapped)))
		w->mapped[w->mapped_count++] = (struct range){start, end};
	else
		w->no_memory = true;
}

static bool
was_mapped(const struct following *w, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < w->mapped_count; i++)
		if (start < w->mapped[i].end && end > w->mapped[i].start)
			return true;
	return false;
}

static void
system_call(struct following *w, struct thread *thread)
{
	struct __ptrace_syscall_info info = {0};
	uint64_t start, size;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, (void *)sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		thread->call = info.entry.nr;
		memcpy(thread->args, info.entry.args, sizeof(thread->args));
		start = thread->args[0];
		size = thread->args[1];
		if (thread->call == SYS_execve || thread->call == SYS_execveat ||
		    (thread->call == SYS_munmap && was_mapped(w, start, start + size)))
			look(w, thread->tid);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error &&
		   thread->call == SYS_mmap && !(thread->args[3] & MAP_ANONYMOUS)) {
		start = (uint64_t)info.exit.rval;
		size = (thread->args[1] + system_page_size() - 1) & ~(system_page_size() - 1);
		remember_mapping(w, start, start + size);
		if (thread->space && thread->space->fd >= 0)
			exactfaults_range(thread->space->fd, start, start + size);
	}
}

static void
resume(pid_t tid, int signal)
{
	ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)signal);
}

/* A parent reports its child; which of the two shows up first is chance. */
static void
meet_child(struct following *w, pid_t parent, bool forked)
{
	struct thread *thread;
	struct space *space;
	unsigned long tid;

	if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &tid) < 0)
		return;
	thread = find_thread(w, parent);
	space = thread ? thread->space : NULL;
	thread = find_thread(w, (pid_t)tid);
	if (!thread || !space)
		return;
	thread->space = space;
	thread->forked = forked;
	space->users++;
	if (!thread->stopped)
		return;
	if (forked)
		begin_child(w, thread);
	resume(thread->tid, 0);
}

static void
handle_event(struct following *w, pid_t tid, int event)
{
	struct thread *thread;
	unsigned long old;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		meet_child(w, tid, event == PTRACE_EVENT_FORK);
		break;
	case PTRACE_EVENT_EXEC:
		/* another thread than the first takes over the first's number */
		if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &old) == 0 && (pid_t)old != tid)
			forget_thread(w, (pid_t)old);
		thread = find_thread(w, tid);
		if (thread)
			thread->executed = true;
		break;
	case PTRACE_EVENT_EXIT:
		look(w, tid);
		break;
	default:
		break;
	}
}

static void
handle_stop(struct following *w, pid_t tid, int status)
{
	struct thread *thread = find_thread(w, tid);
	int event = status >> 16;

	if (!thread)
		return;
	if (!thread->stopped) { /* its first: SIGSTOP, by which it is attached */
		thread->stopped = true;
		if (!thread->space)
			return;
		if (thread->forked)
			begin_child(w, thread);
		resume(tid, 0);
		return;
	}
	if (event)
		handle_event(w, tid, event);
	else if (thread->executed)
		begin_program(w, thread);
	else if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		system_call(w, thread);
	resume(tid, tracee_signal(status));
}

bool
follow(char **argv, struct reader *r, struct working_set *t, struct followed *f,
       struct error *error)
{
	struct following w = {.r = r, .t = t, .f = f};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	struct thread *thread;
	pid_t first, tid;
	int status;

	memset(f, 0, sizeof(*f));
	if (!tracee_start(argv, false, &first, error))
		return false;
	/* the terminal's signals are the program's: what it touched until then is wanted */
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	ptrace(PTRACE_SETOPTIONS, first, NULL, (void *)(long)OPTIONS);
	thread = find_thread(&w, first);
	if (thread) {
		thread->stopped = true;
		begin_program(&w, thread);
		resume(first, 0);
	}
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			handle_stop(&w, tid, status);
			continue;
		}
		if (tid == first)
			f->status = status;
		forget_thread(&w, tid);
	}
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	free(w.threads);
	free(w.mapped);
	return w.no_memory ? error_format(error, argv[0], ENOMEM, "%s", "") : true;
}
