/*
 * xipstore refresh: publish again what launches can use no more, most recently used programs first.
 *
 * Each plan is made by a child, as a publisher's: at idle priority, in the environment and the
 * directory that the plan's key names. Its times become those of the plan that it replaces: a
 * program is not more recently used for that it was linked again, and the limit (budget.h) is to
 * find the same order afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "common/must.h"
#include "xipstore/ask.h"
#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/serve_work.h"

#define CPUS_MOST 256
#define WHY_SIZE 512

/* A plan that is to be made again. */
struct job {
	const struct entry *entry;
	char *program; /* absolute path; owned */
	char *datagram; /* what a launch would ask for; owned */
	size_t size;
	const char *result; /* published, renewed, unchanged, failed, would refresh; NULL: left */
	char why[WHY_SIZE]; /* it failed */
};

struct refresh {
	struct job *jobs;
	size_t count, capacity;
	size_t gone; /* plans whose program is not there */
	size_t next, done;
	struct work work[CPUS_MOST];
	struct job *working[CPUS_MOST];
	int64_t end; /* milliseconds; -1: never */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The request of a launch now for what an old plan was for; the caller frees. */
static char *
make_request(const struct plan *p, size_t *size)
{
	size_t wish_size;
	const char *wish = plan_key_wish(p, &wish_size);
	struct question q;

	if (!question_begin(&q))
		return NULL;
	fprintf(q.to, "build=%s\ncpu=%lx\n", loader_build_id(),
		(unsigned long)arch_cpu_features_hash());
	fwrite(wish, wish_size, 1, q.to);
	return question_end(&q, REQUEST_PUBLISH, size);
}

/* Can launches not use it, or not without looking again at what has moved? */
static bool
wants_refresh(const struct catalog *c, const struct entry *e)
{
	if (!e->plan.tables.header || e->plan.tables.header->kind != PLAN_CLOSURE)
		return false;
	switch (e->state) {
	case STATE_GOOD:
		return e->moved;
	case STATE_STALE:
	case STATE_OTHER_EPOCH:
	case STATE_OTHER_LOADER:
	case STATE_OTHER_CPU:
		return !catalog_good_plan(c, e);
	default:
		return false;
	}
}

static bool
is_same_wish(const struct plan *a, const struct plan *b)
{
	size_t size, other_size;
	const char *wish = plan_key_wish(a, &size), *other = plan_key_wish(b, &other_size);

	return size == other_size && memcmp(wish, other, size) == 0;
}

/* Two plans of one key, or of two builds: one is made again, as recently used as the later. */
static bool
is_there(struct refresh *r, const struct entry *e)
{
	for (size_t i = 0; i < r->count; i++) {
		struct job *j = &r->jobs[i];

		if (!is_same_wish(&j->entry->plan, &e->plan))
			continue;
		if (entry_compare_use(e, j->entry) > 0)
			j->entry = e;
		return true;
	}
	return false;
}

/* Is it one of the programs that were named, if any was? */
static bool
is_named(char *const *programs, const struct entry *e, const char *path)
{
	bool named = !programs[0];

	for (; *programs && !named; programs++) {
		char *found = find_program(*programs);

		named = found && (strcmp(found, e->plan.program) == 0 || strcmp(found, path) == 0);
		free(found);
	}
	return named;
}

static void
add_job(struct refresh *r, const struct entry *e, char *program)
{
	struct job j = {.entry = e, .program = program};

	j.datagram = make_request(&e->plan, &j.size);
	must_reserve(&r->jobs, &r->capacity, r->count + 1, sizeof(*r->jobs));
	r->jobs[r->count++] = j;
}

static int
by_last_use(const void *a, const void *b)
{
	return entry_compare_use(((const struct job *)b)->entry, ((const struct job *)a)->entry);
}

/* Those of one catalog, which may be `current` itself. */
static void
find_jobs(struct refresh *r, const struct catalog *c, const struct catalog *current,
	  char *const *programs)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct entry *e = &c->list[i];
		char *path = wants_refresh(current, e) ? plan_program(&e->plan) : NULL;

		if (path && is_named(programs, e, path) && !is_there(r, e)) {
			if (access(path, F_OK) == 0) {
				add_job(r, e, path);
				continue;
			}
			r->gone++;
		}
		free(path);
	}
}

/* The plan that was published is the newest of its key. */
static char *
new_path(const struct job *j, const struct store *s)
{
	const char *key = j->datagram + sizeof(struct request_header);
	const size_t size = j->size - sizeof(struct request_header);

	if (strcmp(j->result, "renewed") == 0)
		return must_strdup(j->entry->path);
	return must_format("%s/plans/%lx", s->dir, (unsigned long)format_plan_name(key, size, 0));
}

static void
keep_times(const struct job *j, const struct store *s)
{
	const struct timespec times[2] = {j->entry->used, j->entry->used};
	char *path = new_path(j, s);

	utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
	free(path);
}

static void
print_job(const struct job *j)
{
	struct error error;

	progress_end();
	if (j->why[0]) {
		fflush(stdout);
		error_set(&error, j->program, 0, "%s", j->why);
		report_error(&error);
		return;
	}
	printf("%-13s  ", j->result);
	print_path(j->program, output_width() - 15);
	putchar('\n');
	fflush(stdout);
}

static void
end_job(struct refresh *r, struct job *j, enum work_result result, const char *what,
	const struct store *s)
{
	r->done++;
	j->result = "failed";
	if (result != WORK_DONE)
		snprintf(j->why, sizeof(j->why), "%s", what);
	else if (strcmp(what, "published") == 0)
		j->result = "published";
	else
		j->result = j->entry->moved ? "renewed" : "unchanged";
	if (result == WORK_DONE)
		keep_times(j, s);
	if (!options.json)
		print_job(j);
}

/* Begin with the next job in a free place. */
static void
begin_job(struct refresh *r, size_t place, const struct store *s)
{
	struct job *j = &r->jobs[r->next++];
	struct request request;
	const char *wrong = "without memory";

	/* a plan that went meanwhile was among the least recently used, and there is no room */
	if (j->entry->state != STATE_OTHER_EPOCH && access(j->entry->path, F_OK) != 0)
		return;

	progress("refresh: %zu/%zu %s", r->next, r->count, j->program);
	if (j->datagram)
		wrong = request_parse(j->datagram, j->size, &request);
	if (!wrong && work_begin(&r->work[place], &request, -1, NULL, 0))
		r->working[place] = j;
	else
		end_job(r, j, WORK_FAILED, wrong ? wrong : strerror(errno), s);
}

static void
take_result(struct refresh *r, size_t place, const struct store *s)
{
	char what[WHY_SIZE];
	enum work_result result = work_end(&r->work[place], what, sizeof(what));

	end_job(r, r->working[place], result, what, s);
	r->working[place] = NULL;
}

/* Wait for a child, or the end. False: nothing is worked on, or time is over. */
static bool
wait_for_one(struct refresh *r, size_t cpus, const struct store *s)
{
	struct pollfd fds[CPUS_MOST];
	int64_t left = r->end < 0 ? -1 : r->end - now_ms();
	bool working = false;

	for (size_t i = 0; i < cpus; i++) {
		fds[i] = (struct pollfd){r->working[i] ? r->work[i].from : -1, POLLIN, 0};
		working |= r->working[i] != NULL;
	}
	if (!working || (r->end >= 0 && left <= 0))
		return false;
	if (left > INT32_MAX)
		left = INT32_MAX;
	if (poll(fds, (nfds_t)cpus, (int)left) < 0)
		return errno == EINTR;
	for (size_t i = 0; i < cpus; i++)
		if (fds[i].revents)
			take_result(r, i, s);
	return true;
}

static void
run_jobs(struct refresh *r, size_t cpus, const struct store *s)
{
	if (options.seconds >= 0)
		r->end = now_ms() + options.seconds * 1000;
	do {
		for (size_t i = 0; i < cpus; i++)
			while (!r->working[i] && r->next < r->count &&
			       (r->end < 0 || now_ms() < r->end))
				begin_job(r, i, s);
	} while (wait_for_one(r, cpus, s));
	/* what time is over for; it leaves what nothing names */
	for (size_t i = 0; i < cpus; i++)
		if (r->working[i])
			work_kill(&r->work[i]);
	progress_end();
}

static size_t
count_results(const struct refresh *r, const char *result)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += result ? r->jobs[i].result && strcmp(r->jobs[i].result, result) == 0
			    : !r->jobs[i].result;
	return n;
}

static void
print_summary(const struct refresh *r, const struct store *s)
{
	if (options.dry_run) {
		printf("%zu plan%s would be made again", r->count, plural(r->count));
	} else {
		printf("%zu published, %zu renewed, %zu failed, %zu left",
		       count_results(r, "published"),
		       count_results(r, "renewed") + count_results(r, "unchanged"),
		       count_results(r, "failed"), count_results(r, NULL));
	}
	if (r->gone)
		printf("; %zu of programs that are gone, for gc", r->gone);
	printf(", in ");
	print_escaped(s->dir);
	putchar('\n');
}

static void
print_report(const struct refresh *r, const struct store *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct job *j = &r->jobs[i];

		json_array_append_new(
			list, json_pack("{so ss ss so}", "program", json_text(j->program), "state",
					j->entry->moved && j->entry->state == STATE_GOOD
						? "moved"
						: state_name(j->entry->state),
					"result", j->result ? j->result : "left", "why",
					j->why[0] ? json_text(j->why) : json_null()));
	}
	print_json(json_pack("{so so sb so so}", "store", json_text(s->dir), "programs", list,
			     "dry_run", options.dry_run, "left", json_count(count_results(r, NULL)),
			     "gone", json_count(r->gone)));
}

static bool
has_plan(const struct catalog *c, char *program)
{
	char *const one[] = {program, NULL};
	bool has = false;

	for (size_t i = 0; i < c->count && !has; i++) {
		const struct plan *p = &c->list[i].plan;
		char *path = p->tables.header && p->tables.header->kind == PLAN_CLOSURE
				     ? plan_program(p)
				     : NULL;

		has = path && is_named(one, &c->list[i], path);
		free(path);
	}
	return has;
}

/* A program that was named must have a plan, good or not. */
static bool
all_have_plans(const struct catalog *c, const struct catalog *retired, char *const *programs)
{
	bool all = true;

	for (; *programs; programs++) {
		struct error error;

		if (has_plan(c, *programs) || has_plan(retired, *programs))
			continue;
		error_set(&error, *programs, 0, "has no plan");
		report_error(&error);
		all = false;
	}
	return all;
}

static int
refresh(struct store *s, const struct catalog *c, const struct catalog *retired,
	char *const *programs)
{
	static struct refresh r;
	bool ok = all_have_plans(c, retired, programs);

	r.end = -1;
	find_jobs(&r, c, c, programs);
	find_jobs(&r, retired, c, programs);
	if (r.count)
		qsort(r.jobs, r.count, sizeof(*r.jobs), by_last_use);
	if (!options.dry_run)
		run_jobs(&r, options.cpus, s);
	for (size_t i = 0; i < r.count && options.dry_run && !options.json; i++) {
		r.jobs[i].result = state_name(r.jobs[i].entry->state);
		if (r.jobs[i].entry->state == STATE_GOOD)
			r.jobs[i].result = "renew";
		print_job(&r.jobs[i]);
	}
	if (options.json)
		print_report(&r, s);
	else
		print_summary(&r, s);
	ok &= count_results(&r, "failed") == 0;
	for (size_t i = 0; i < r.count; i++) {
		free(r.jobs[i].program);
		free(r.jobs[i].datagram);
	}
	free(r.jobs);
	return !ok;
}

int
command_refresh(char **programs)
{
	struct catalog catalog, retired;
	struct store store;
	struct error error;
	int status;

	if (!store_open(&store, options.store, NULL, &error) ||
	    (!options.dry_run && !store_may_write(&store, &error)) ||
	    (!loader_build_id() &&
	     !error_set(&error, "xipld", 0, "not found, neither beside xipstore nor in PATH")) ||
	    !catalog_read(&catalog, &store, NULL, "refresh", &error) ||
	    !catalog_read_retired(&retired, &store, "refresh", &error)) {
		report_error(&error);
		return 1;
	}
	options.store = store.dir; /* this one, wherever a child's directory is */
	status = refresh(&store, &catalog, &retired, programs);
	catalog_free(&retired);
	catalog_free(&catalog);
	return status;
}
