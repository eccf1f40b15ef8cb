#include "xipstore/serve_work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/budget.h"
#include "xipstore/learned.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/serve_policy.h"
#include "xipstore/upkeep.h"

#define CPU_SECONDS 120 /* of one program: many times what the largest takes */

/* Nobody waits for this. */
static void
be_idle(void)
{
	const struct sched_param none = {0};
	const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};

	sched_setscheduler(0, SCHED_IDLE, &none);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	setrlimit(RLIMIT_CPU, &cpu);
}

/* The publisher's own choice of a store, and of the request what bears on linking. */
static void
set_environment(const struct request *r)
{
	static const char *const kept[] = {"PATH", "HOME", "XDG_CACHE_HOME", "XIPLD_STORE"};
	char *values[sizeof(kept) / sizeof(kept[0])];

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);

		values[i] = value ? must_strdup(value) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (values[i])
			setenv(kept[i], values[i], 1);
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		if (r->variables[i].at)
			setenv(request_variables[i], request_string(&r->variables[i]), 1);
}

static _Noreturn void
publish(const struct request *r, int to)
{
	const char *more[PREPARE_OPTIONS] = {NULL};
	char *cwd = request_string(&r->cwd);
	struct outcome o;
	size_t n = 0;

	if (cwd && chdir(cwd) < 0) {
		dprintf(to, "F%s", strerror(errno));
		_exit(0);
	}
	set_environment(r);
	if (r->preload.at) {
		more[n++] = "--preload";
		more[n++] = request_string(&r->preload);
	}
	if (r->library_path.at) {
		more[n++] = "--library-path";
		more[n++] = request_string(&r->library_path);
	}
	upkeep_prepare(more, request_string(&r->program), &o);
	if (o.plan)
		dprintf(to, "D%s", o.result);
	else
		dprintf(to, "%c%s", strcmp(o.why, "store-busy") == 0 ? 'B' : 'F', o.why);
	_exit(0);
}

static _Noreturn void
keep(const struct request *r, int file, int to)
{
	char *why = learned_keep(file, request_string(&r->plan));
	struct error error;

	if (!why && !budget_keep(&error))
		report_error(&error);
	if (why)
		dprintf(to, "%c%s", strcmp(why, "store-busy") == 0 ? 'B' : 'F', why);
	else
		dprintf(to, "D%s", "learned");
	_exit(0);
}

bool
work_begin(struct work *w, const struct request *r, int file, const int *close_these, size_t count)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	w->pid = fork();
	if (w->pid == 0) {
		sigset_t none;

		for (size_t i = 0; i < count; i++)
			if (close_these[i] >= 0)
				close(close_these[i]);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setpgid(0, 0);
		be_idle();
		progress_off();
		if (r->kind == REQUEST_KEEP)
			keep(r, file, ends[1]);
		publish(r, ends[1]);
	}
	close(ends[1]);
	if (w->pid < 0) {
		close(ends[0]);
		w->pid = 0;
		return false;
	}
	setpgid(w->pid, w->pid);
	w->from = ends[0];
	return true;
}

enum work_result
work_end(struct work *w, char *what, size_t size)
{
	char text[1024];
	ssize_t got = read(w->from, text, sizeof(text) - 1);

	close(w->from);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	while (waitpid(-1, NULL, WNOHANG) > 0) /* others', if this is a container's first process */
		;
	w->pid = 0;
	if (got <= 0) {
		snprintf(what, size, "xipld was ended");
		return WORK_FAILED;
	}
	text[got] = 0;
	snprintf(what, size, "%s", text + 1);
	return text[0] == 'D' ? WORK_DONE : text[0] == 'B' ? WORK_BUSY : WORK_FAILED;
}

void
work_kill(struct work *w)
{
	char what[64];

	if (!w->pid)
		return;
	kill(-w->pid, SIGKILL);
	work_end(w, what, sizeof(what));
}
