/* The plan that a process was launched from, or that a dlopen uses: its file and what is open. */
#ifndef XIPLD_MAPPED_PLAN_H
#define XIPLD_MAPPED_PLAN_H

#include "lib/plan.h"

struct plan {
	struct plan_tables tables; /* tables.header is `header` below */
	/* a launch without a plan comes as far as nfds: all that every launch writes is one page */
	int fd;
	struct file_id id;
	unsigned number; /* among the plans of its key */
	bool inputs_moved; /* ld.so.cache or a directory has changed, and gives the same answers */
	bool own; /* this user's, who may add to it */
	uint32_t mapped; /* maps made so far */
	int program_fd;
	uint32_t nfds;
	struct init_pages_file *init_pages; /* cache/warm/init_pages.h; NULL: none */
	struct file_id init_pages_id;
	int init_pages_fd;
	uint64_t init_pages_next; /* the first of its pages that is not mapped yet */
	struct plan_header header; /* read: its page is not mapped */
	int fds[1000]; /* opened, in that order */
};

#endif
