#include "shmstat/trace/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shmstat/trace/tracee.h"

#define WARM_UPS 2 /* launches: the first publishes a plan, the next adds what it has learnt */

/* The processes of one kind. */
struct herd {
	enum launcher launcher;
	const struct compare_options *o;
	pid_t pids[COMPARE_MOST];
	bool ended[COMPARE_MOST];
	size_t count;
};

static void
end_all(struct herd *h)
{
	for (size_t i = 0; i < h->count; i++)
		tracee_end(h->pids[i], true);
	h->count = 0;
}

static bool
start_one(struct herd *h, bool *to_kernel, struct error *error)
{
	bool launched = h->launcher == LAUNCHED_XIPLD;
	char **argv = h->o->argv - launched;
	pid_t pid;

	if (launched)
		argv[0] = (char *)(uintptr_t)h->o->xipld;
	if (!tracee_start(argv, true, &pid, error) ||
	    !tracee_run_to_entry(pid, launched, to_kernel, error))
		return false;
	h->ended[h->count] = false;
	h->pids[h->count++] = pid;
	return true;
}

/* Sums of all; of the first, its pages as well, if this is the last stage. */
static bool
measure(struct reader *r, const struct herd *h, enum stage stage, bool last, struct comparison *c,
	struct error *error)
{
	struct measured *m = &c->at[stage][h->launcher];
	bool looked = false;

	for (size_t i = 0; i < h->count; i++) {
		bool look = last && c->look && !looked;
		struct process p;

		if (h->ended[i])
			continue;
		if (!read_process(r, h->pids[i], look ? DEPTH_PAGES : DEPTH_SUM, &p, error))
			return false;
		m->processes++;
		counts_add(&m->sum, &p.sum);
		m->table_kb += p.table_kb;
		if (look)
			c->look(h->launcher, &p, c->look_arg);
		looked |= look;
		process_free(&p);
	}
	return true;
}

static void
settle(struct herd *h, struct comparison *c)
{
	struct timespec wait = {.tv_sec = (time_t)h->o->settle};

	wait.tv_nsec = (long)((h->o->settle - (double)wait.tv_sec) * 1e9);
	for (size_t i = 0; i < h->count; i++)
		tracee_release(h->pids[i]);
	while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
		;
	for (size_t i = 0; i < h->count; i++) {
		h->ended[i] = !tracee_halt(h->pids[i]);
		c->ended += h->ended[i];
	}
}

static bool
run_herd(struct reader *r, struct herd *h, struct comparison *c, struct error *error)
{
	bool ok = true, later = h->o->settle > 0;

	for (int i = 0; ok && h->launcher == LAUNCHED_XIPLD && i < WARM_UPS; i++) {
		ok = start_one(h, &c->to_kernel, error);
		end_all(h);
	}
	while (ok && h->count < h->o->count)
		ok = start_one(h, &c->to_kernel, error);
	ok = ok && measure(r, h, STAGE_ENTRY, !later, c, error);
	if (ok && later) {
		settle(h, c);
		ok = measure(r, h, STAGE_SETTLED, true, c, error);
	}
	end_all(h);
	return ok;
}

bool
compare_run(struct comparison *c, const struct compare_options *o, struct error *error)
{
	struct reader *r = reader_open();
	struct herd *h = calloc(1, sizeof(*h));
	bool ok = r && h;

	if (!ok)
		error_format(error, "", ENOMEM, "%s", "");
	for (int l = 0; ok && l < LAUNCHER_COUNT; l++) {
		h->launcher = (enum launcher)l;
		h->o = o;
		ok = run_herd(r, h, c, error);
	}
	free(h);
	reader_close(r);
	return ok;
}
