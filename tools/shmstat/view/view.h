/* The views: what `shmstat` prints without a sub-command. cmd_view.c parses options into this. */
#ifndef SHMSTAT_VIEW_VIEW_H
#define SHMSTAT_VIEW_VIEW_H

#include "shmstat/out/table.h"
#include "shmstat/read/list.h"
#include "shmstat/read/reader.h"

enum view {
	VIEW_PROCESSES, /* a line for each process */
	VIEW_OBJECTS,
	VIEW_SEGMENTS,
	VIEW_SECTIONS,
	VIEW_SYMBOLS,
	VIEW_LINES,
	VIEW_WHY, /* a line for each private page */
	VIEW_LIBS, /* a line for each object, over all processes */
	VIEW_PICTURE /* --html, --svg */
};

struct view_options {
	enum view view;
	struct filter filter;
	const pid_t *pids; /* those named; none: all that pass the filter */
	size_t pid_count;
	const char *sort; /* a column's key; NULL: the view's own order */
	bool tree, bytes, only_xipld;
	const char *picture; /* file of VIEW_PICTURE */
	bool svg; /* it is SVG, not HTML */
	struct output out;
};

/* All return the exit status: 0, or 1 with *error set. A process that cannot be read is reported in
 * *error and does not keep the others from being shown. */
int view_processes(struct reader *r, const struct view_options *o, struct error *error);
int view_objects(struct reader *r, const struct view_options *o, struct error *error);
int view_libs(struct reader *r, const struct view_options *o, struct error *error);
int view_private(struct reader *r, const struct view_options *o, struct error *error);
int view_picture(struct reader *r, const struct view_options *o, struct error *error);

/*
 * Hand each process that the options name to `visit`. Returns the status; *skipped as read_all has
 * it.
 */
int view_each(struct reader *r, const struct view_options *o, enum depth depth,
	      bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped,
	      struct error *error);

/* Sort as asked for, or by `standard` (NULL: as made), print, free. Takes the table over. */
int view_finish(struct table *t, const struct view_options *o, const char *standard,
		struct error *error);

/* Columns of counts, which most views have; COUNT_CELLS of them, in kB. */
#define COUNT_COLUMNS                                                                             \
	{"vss_kb", "VSS", CELL_NUMBER, NULL, 2}, {"rss_kb", "RSS", CELL_NUMBER, NULL, 0},         \
		{"pss_kb", "PSS", CELL_NUMBER, NULL, 0}, {"uss_kb", "USS", CELL_NUMBER, NULL, 2}, \
		{"shared_kb", "shared", CELL_NUMBER, "32", 0},                                    \
		{"private_kb", "private", CELL_NUMBER, "33", 0},                                  \
		{"cow_kb", "cow", CELL_NUMBER, "31", 0}, {"text_kb", NULL, CELL_NUMBER, NULL, 0}, \
		{"anon_kb", NULL, CELL_NUMBER, NULL, 0},                                          \
		{"relocated_kb", "relocated", CELL_NUMBER, "32", 1},                              \
		{"program_kb", "program", CELL_NUMBER, "32", 1},                                  \
	{                                                                                         \
		"xip_kb", "xip", CELL_NUMBER, "36", true                                          \
	}
#define MORE_COUNT_COLUMNS                                                                     \
	{"xip_ram_kb", NULL, CELL_NUMBER, NULL, 0}, {"swap_kb", "swap", CELL_NUMBER, "35", 1}, \
		{"hugetlb_kb", "hugetlb", CELL_NUMBER, "33", 1},                               \
		{"shmem_kb", "shmem", CELL_NUMBER, "32", 1},                                   \
		{"anonymous_kb", NULL, CELL_NUMBER, NULL, 0},                                  \
		{"swap_pss_kb", NULL, CELL_NUMBER, NULL, 0},                                   \
		{"shared_clean_kb", NULL, CELL_NUMBER, NULL, 0},                               \
		{"shared_dirty_kb", NULL, CELL_NUMBER, NULL, 0},                               \
		{"private_clean_kb", NULL, CELL_NUMBER, NULL, 0},                              \
		{"private_dirty_kb", NULL, CELL_NUMBER, NULL, 0},                              \
		{"anon_huge_kb", NULL, CELL_NUMBER, NULL, 0},                                  \
		{"ksm_kb", NULL, CELL_NUMBER, NULL, 0},                                        \
		{"shared_hugetlb_kb", NULL, CELL_NUMBER, NULL, 0},                             \
	{                                                                                      \
		"private_hugetlb_kb", NULL, CELL_NUMBER, NULL, false                           \
	}

void view_counts(struct table *t, const struct counts *c); /* cells for COUNT_COLUMNS */
void view_more_counts(struct table *t, const struct counts *c); /* for MORE_COUNT_COLUMNS */

/* "pid name (launched by xipld), counted from …": what stands above a process's rows. */
void view_heading(struct table *t, const struct process *p);
/* Below the table: what the pages of images would have cost, and what huge pages are, if there are
 * any. */
void view_sum_notes(struct table *t, const struct counts *sum);
/* Below the table: processes that were left out, and what "changed" means if one was. */
void view_notes(struct table *t, const struct skipped *skipped, size_t changed);

/* Name of a user, or its number; in a static buffer. */
const char *user_name(uid_t uid);

#endif
