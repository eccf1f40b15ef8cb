/* xipstore serve: a publisher. It hears what launches ask for, and publishes it (publishing.md). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "lib/trust.h"
#include "lib/worth.h"
#include "xipstore/command.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/serve_counts.h"
#include "xipstore/serve_memory.h"
#include "xipstore/serve_policy.h"
#include "xipstore/serve_queue.h"
#include "xipstore/serve_socket.h"
#include "xipstore/serve_work.h"
#include "xipstore/store.h"

#define AT_ONCE 64 /* datagrams that are read before anything else is looked at */
#define LAST_SECONDS 5 /* that work has to come to its end when the publisher is to end */

/* What is to be thought of a request. */
struct verdict {
	bool publish;
	enum count_kind kind; /* if not */
	const char *reason; /* for the counts; NULL: none that is worth one */
	char why[MEMORY_REASON + 32];
	uint8_t key[HASH_SIZE];
	struct launched file;
};

static struct serve {
	struct listener listener;
	struct queue queue;
	struct memory memory;
	struct counts counts;
	struct work work;
	struct waiting now; /* what is worked on */
	struct launched now_file; /* its program */
	int64_t since; /* when that began, or when the last thing ended */
	int signals;
	bool ending;
} serve;

static int64_t
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec;
}

static bool
is_word(const struct request_word *w, const char *text)
{
	return text && strlen(text) == w->size && memcmp(text, w->at, w->size) == 0;
}

/* Both name the same store, or leave the choice to the same rules. */
static bool
is_of_our_store(const struct request *r)
{
	const char *own = store_named(options.store);

	return own && r->store.at ? is_word(&r->store, own) : !own && !r->store.at;
}

/* A plan of another kind has another key, which no launch of the one that asks will look for. */
static const char *
check_kind(const struct request *r)
{
	char cpu[24];

	snprintf(cpu, sizeof(cpu), "%lx", (unsigned long)arch_cpu_features_hash());
	if (!is_of_our_store(r))
		return "this publisher has another store";
	if (!is_word(&r->build, loader_build_id()))
		return "it is of another build of xipld";
	return is_word(&r->cpu, cpu) ? NULL : "it is of another kind of CPU";
}

static void
judge_known(struct verdict *v, const struct result_entry *known)
{
	v->publish = false;
	v->kind = COUNT_REPEATED;
	v->reason = NULL;
	if (known->failed)
		snprintf(v->why, sizeof(v->why), "publishing failed: %s", known->reason);
	else
		snprintf(v->why, sizeof(v->why), "it was published a moment ago");
}

/* The launch counts only if it is one: a question is none. */
static void
judge(const struct request *r, uint32_t uid, bool counts, struct verdict *v)
{
	const int64_t now = seconds(CLOCK_MONOTONIC);
	const struct result_entry *known;
	struct candidate c = {0};
	const char *why = check_kind(r);
	struct stat st;

	*v = (struct verdict){0};
	if (!why)
		why = policy_check(r, uid, geteuid(), &st);
	if (why) {
		snprintf(v->why, sizeof(v->why), "refused: %s", why);
		v->kind = COUNT_REFUSED;
		v->reason = why;
		return;
	}
	hash_content(r->key.at, r->key.size, v->key);
	v->file = launched_file(&st, uid);
	c.roots = trust_is_roots(st.st_uid, st.st_mode);
	c.age = seconds(CLOCK_REALTIME) - st.st_ctim.tv_sec;
	c.launches = counts ? memory_count(&serve.memory, &v->file, now)
			    : memory_launches(&serve.memory, &v->file, now);
	v->file.uid = 0;
	v->publish = worth_a_plan(&c, &why);
	v->kind = COUNT_WAITING;
	v->reason = why;
	snprintf(v->why, sizeof(v->why), "%s (launches counted: %u)", why, c.launches);
	known = memory_result(&serve.memory, v->key, &v->file, now);
	if (known)
		judge_known(v, known);
}

static bool
is_worked_on(const uint8_t key[HASH_SIZE])
{
	return serve.work.pid && memcmp(serve.now.key, key, HASH_SIZE) == 0;
}

static void
drop_file(const struct received *from)
{
	if (from->file >= 0)
		close(from->file);
}

/* To a name that the kernel gave: at a path something may lie that is not for who asks to write to,
 * and to look for it may take long. */
static bool
can_be_answered(const struct received *from)
{
	return from->from_size > sizeof(from->from.sun_family) && !from->from.sun_path[0];
}

static void
send_answer(const struct received *from, const char *text, size_t size)
{
	sendto(serve.listener.fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL,
	       (const struct sockaddr *)&from->from, from->from_size);
}

/* Reasons may name files that not everybody is to know of. */
static void
answer_status(const struct received *from, const struct request *r)
{
	char text[COUNTS_REASONS * (COUNTS_REASON + 24)];

	if (!can_be_answered(from) || !trust_owner(from->uid, geteuid()) || !is_of_our_store(r))
		return;
	send_answer(from, text, counts_print(&serve.counts, text, sizeof(text)));
}

static void
answer(const struct received *from, const struct request *r)
{
	const char *state = "";
	struct verdict v;
	char text[256];
	int size;

	if (!can_be_answered(from))
		return;
	judge(r, from->uid, false, &v);
	if (v.publish && is_worked_on(v.key))
		state = "; it is being published";
	else if (v.publish && queue_has(&serve.queue, v.key))
		state = "; it waits for its turn";
	size = snprintf(text, sizeof(text), "%s%s", v.why, state);
	send_answer(from, text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text));
}

/* What a launch has learned: from our own user only, who could write it himself. */
static void
take_learned(const struct received *from, const struct request *r, const void *bytes)
{
	uint8_t key[HASH_SIZE];

	hash_content(r->key.at, r->key.size, key);
	if (from->file < 0 || !trust_owner(from->uid, geteuid()) || from->uid != geteuid() ||
	    !is_of_our_store(r) || is_worked_on(key) ||
	    queue_add(&serve.queue, from->uid, key, bytes, from->size, from->file) != QUEUE_ADDED)
		drop_file(from);
}

static void
take_request(const struct received *from, const struct verdict *v, const void *bytes)
{
	enum queue_result result = QUEUE_THERE;

	if (!is_worked_on(v->key))
		result = queue_add(&serve.queue, from->uid, v->key, bytes, from->size, -1);
	if (result == QUEUE_THERE)
		counts_add(&serve.counts, COUNT_REPEATED, NULL);
	else if (result != QUEUE_ADDED)
		counts_add(&serve.counts, COUNT_DROPPED, NULL);
}

static void
hear(const struct received *from, const void *bytes)
{
	struct request r;
	struct verdict v;

	if (request_parse(bytes, from->size, &r)) {
		drop_file(from);
		return;
	}
	if (r.kind == REQUEST_KEEP) {
		take_learned(from, &r, bytes);
		return;
	}
	drop_file(from);
	if (r.kind == REQUEST_STATUS) {
		answer_status(from, &r);
		return;
	}
	if (r.kind == REQUEST_WHY) {
		answer(from, &r);
		return;
	}
	judge(&r, from->uid, true, &v);
	if (v.publish)
		take_request(from, &v, bytes);
	else
		counts_add(&serve.counts, v.kind, v.reason);
}

static void
hear_all(void)
{
	static char bytes[REQUEST_MOST];
	struct received r;

	for (unsigned n = 0;
	     n < AT_ONCE && listener_receive(&serve.listener, bytes, sizeof(bytes), &r); n++)
		if (r.size <= sizeof(bytes))
			hear(&r, bytes);
		else
			drop_file(&r);
}

static void
report(const struct request *r, const char *what)
{
	char *name = request_string(r->kind == REQUEST_KEEP ? &r->plan : &r->program);

	printf("%s: ", what);
	print_escaped(name);
	putchar('\n');
	fflush(stdout);
	free(name);
}

/* Begin with what is taken from the queue; its program may have changed since. */
static bool
begin_now(void)
{
	const int ours[] = {serve.listener.fd, serve.listener.lock, serve.signals};
	struct stat st = {0};
	struct request r;

	if (request_parse(serve.now.datagram, serve.now.size, &r) ||
	    (r.kind == REQUEST_PUBLISH && policy_check(&r, serve.now.uid, geteuid(), &st)))
		return false;
	serve.now_file = launched_file(&st, 0);
	serve.since = seconds(CLOCK_MONOTONIC);
	return work_begin(&serve.work, &r, serve.now.file, ours, sizeof(ours) / sizeof(ours[0]));
}

/* The next that waits, if nothing is being done. */
static void
begin(void)
{
	while (!serve.work.pid && queue_take(&serve.queue, &serve.now))
		if (!begin_now())
			waiting_free(&serve.now);
}

static void
count(enum work_result result, const char *what)
{
	if (result != WORK_DONE)
		counts_add(&serve.counts, COUNT_FAILED, what);
	else if (strcmp(what, "published") == 0)
		counts_add(&serve.counts, COUNT_PUBLISHED, NULL);
	else
		counts_add(&serve.counts,
			   strcmp(what, "learned") == 0 ? COUNT_LEARNED : COUNT_UNCHANGED, NULL);
}

static void
finish(void)
{
	char what[MEMORY_REASON], line[MEMORY_REASON + 32];
	enum work_result result = work_end(&serve.work, what, sizeof(what));
	struct request r;

	serve.since = seconds(CLOCK_MONOTONIC);
	snprintf(line, sizeof(line), result == WORK_DONE ? "%s" : "failed: %s", what);
	count(result, what);
	if (!request_parse(serve.now.datagram, serve.now.size, &r)) {
		report(&r, line);
		/* what could not be had for others' work is not held against it: launches ask again
		 */
		if (result != WORK_BUSY && r.kind == REQUEST_PUBLISH)
			memory_keep(&serve.memory, serve.now.key, &serve.now_file, serve.since,
				    result == WORK_DONE ? NULL : what);
	}
	waiting_free(&serve.now);
}

static bool
work_is_overdue(void)
{
	return serve.work.pid && seconds(CLOCK_MONOTONIC) - serve.since >=
					 (serve.ending ? LAST_SECONDS : WORK_SECONDS);
}

/* Milliseconds until there is something to do without anybody's asking; -1: never. */
static int
patience(void)
{
	int64_t waited = seconds(CLOCK_MONOTONIC) - serve.since, most = options.idle_exit;

	if (serve.work.pid)
		most = serve.ending ? LAST_SECONDS : WORK_SECONDS;
	if (most < 0)
		return -1;
	return waited >= most ? 0 : (int)(most - waited) * 1000;
}

/* Nothing came for as long as we wait. Returns false when it is time to end. */
static bool
wait_no_longer(void)
{
	int64_t waited = seconds(CLOCK_MONOTONIC) - serve.since;

	if (work_is_overdue()) {
		kill(-serve.work.pid, SIGKILL); /* its pipe ends, and so finish() comes */
		return !serve.ending;
	}
	return serve.work.pid || options.idle_exit < 0 || waited < options.idle_exit;
}

static bool
go_on(void)
{
	struct pollfd fds[3] = {{serve.signals, POLLIN, 0},
				{serve.work.pid ? serve.work.from : -1, POLLIN, 0},
				{serve.ending ? -1 : serve.listener.fd, POLLIN, 0}};
	int ready = poll(fds, 3, patience());

	if (ready < 0)
		return errno == EINTR;
	/* requests without end do not keep a child alive that is too long at work */
	if (ready == 0 || (work_is_overdue() && !fds[1].revents))
		return wait_no_longer();
	if (fds[0].revents) {
		struct signalfd_siginfo info;

		serve.ending = read(serve.signals, &info, sizeof(info)) > 0;
		serve.since = seconds(CLOCK_MONOTONIC);
	}
	if (fds[1].revents)
		finish();
	if (fds[2].revents) {
		hear_all();
		if (!serve.work.pid)
			serve.since = seconds(CLOCK_MONOTONIC);
	}
	if (!serve.ending)
		begin();
	return !serve.ending || serve.work.pid;
}

static bool
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* who read our lines may have gone */
	serve.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return serve.signals >= 0;
}

int
command_serve(char **none)
{
	struct error error;
	bool ok;

	(void)none;
	ok = getrandom(&serve.memory.seed, sizeof(serve.memory.seed), 0) > 0 &&
	     (open_signals() || error_set(&error, "signals", errno, "cannot be had"));
	ok = ok && listener_open(&serve.listener, options.socket, &error);
	if (!ok) {
		report_error(&error);
		return 1;
	}
	printf("listening: %s\n", serve.listener.path);
	fflush(stdout);
	serve.since = seconds(CLOCK_MONOTONIC);
	while (go_on())
		;
	work_kill(&serve.work);
	listener_close(&serve.listener);
	return 0;
}
