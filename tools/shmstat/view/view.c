#include "shmstat/view/view.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/read/list.h"

void
view_counts(struct table *t, const struct counts *c)
{
	table_number(t, pages_kb(c->mapped));
	table_number(t, pages_kb(c->resident));
	table_number(t, pss_kb(c));
	table_number(t, pages_kb(counts_private(c)));
	table_number(t, pages_kb(counts_shared(c)));
	table_number(t, pages_kb(counts_own(c)));
	table_number(t, pages_kb(c->class[CLASS_COW]));
	table_number(t, pages_kb(c->class[CLASS_TEXT]));
	table_number(t, pages_kb(c->class[CLASS_ANON]));
	table_number(t, pages_kb(c->class[CLASS_RELOCATED]));
	table_number(t, pages_kb(c->class[CLASS_PROGRAM]));
	table_number(t, pages_kb(c->class[CLASS_XIP]));
}

void
view_more_counts(struct table *t, const struct counts *c)
{
	table_number(t, xip_pss_kb(c));
	table_number(t, pages_kb(c->swap));
	table_number(t, pages_kb(c->shared_hugetlb + c->private_hugetlb));
	table_number(t, pages_kb(c->class[CLASS_SHMEM]));
	table_number(t, pages_kb(c->anonymous));
	table_number(t, c->swap_pss_kb);
	table_number(t, pages_kb(c->shared_clean));
	table_number(t, pages_kb(c->shared_dirty));
	table_number(t, pages_kb(c->private_clean));
	table_number(t, pages_kb(c->private_dirty));
	table_number(t, pages_kb(c->anon_huge));
	table_number(t, pages_kb(c->ksm));
	table_number(t, pages_kb(c->shared_hugetlb));
	table_number(t, pages_kb(c->private_hugetlb));
}

void
view_sum_notes(struct table *t, const struct counts *sum)
{
	uint64_t hugetlb = pages_kb(sum->shared_hugetlb + sum->private_hugetlb);

	if (hugetlb)
		table_note(t,
			   "%llu kB are pages of hugetlb: RSS, PSS and USS leave them out, as in "
			   "the kernel.",
			   (unsigned long long)hugetlb);
	if (sum->class[CLASS_XIP])
		table_note(t,
			   "%llu kB are pages of images, in place; in RAM they would take %llu kB.",
			   (unsigned long long)pages_kb(sum->class[CLASS_XIP]),
			   (unsigned long long)xip_pss_kb(sum));
}

void
view_heading(struct table *t, const struct process *p)
{
	char text[256];

	snprintf(text, sizeof(text), "%d %s%s, counted from %s%s", (int)p->pid, p->name,
		 p->from_xipld ? " (launched by xipld)" : "", source_name(p->source),
		 p->changed	      ? "; it CHANGED while it was read"
		 : p->sharing_changed ? "; sharing changed"
				      : "");
	table_heading(t, text);
}

void
view_notes(struct table *t, const struct skipped *skipped, size_t changed)
{
	char names[400];

	if (skipped->denied)
		table_note(t, "%zu more may not be read: %s.", skipped->denied,
			   skipped_names(skipped, names, sizeof(names)));
	if (changed)
		table_note(t, "%zu changed while they were read (marked *): no snapshots.",
			   changed);
}

const char *
user_name(uid_t uid)
{
	static char name[64];
	static uid_t last;
	struct passwd *user;

	if (name[0] && last == uid)
		return name;
	user = getpwuid(uid);
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%u", (unsigned)uid);
	last = uid;
	return name;
}

/* Visits only what xipld launched, if that is asked for. */
struct passing {
	const struct view_options *options;
	size_t passed;
	bool (*visit)(struct process *p, void *arg);
	void *arg;
};

static bool
visit_passing(struct process *p, void *arg)
{
	struct passing *s = arg;

	if (s->options->only_xipld && !p->from_xipld)
		return true;
	s->passed++;
	return s->visit(p, s->arg);
}

int
view_each(struct reader *r, const struct view_options *o, enum depth depth,
	  bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped,
	  struct error *error)
{
	struct passing passing = {.options = o, .visit = visit, .arg = arg};
	int status = 0;

	memset(skipped, 0, sizeof(*skipped));
	if (o->pid_count == 0) {
		if (!read_all(r, &o->filter, depth, visit_passing, &passing, skipped, error))
			return 1;
		if (passing.passed)
			return 0;
		error_format(error, "", 0,
			     skipped->denied ? "no process that may be read passes the filter"
					     : "no process passes the filter");
		return 1;
	}
	for (size_t i = 0; i < o->pid_count; i++) {
		struct process p;
		bool go_on;

		if (!read_process(r, o->pids[i], depth, &p, error)) {
			status = 1;
			if (i + 1 < o->pid_count) /* main prints the last one */
				error_print(error);
			continue;
		}
		go_on = visit(&p, arg);
		process_free(&p);
		if (!go_on)
			break;
	}
	return status;
}

int
view_finish(struct table *t, const struct view_options *o, const char *standard,
	    struct error *error)
{
	const char *key = o->sort ? o->sort : standard;
	char keys[1024];
	int status = 0;

	if (key && !table_sort(t, key)) {
		error_format(error, "", 0, "no field %s to sort by; there are: %s", key,
			     table_keys(t, keys, sizeof(keys)));
		status = 2;
	} else if (!table_print(t, &o->out)) { /* also where nothing was read: JSON stays JSON */
		error_format(error, "standard output", 0, "cannot be written, or out of memory");
		status = 1;
	}
	table_free(t);
	return status;
}
