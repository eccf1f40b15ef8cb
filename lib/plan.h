/*
 * A plan as bytes: the checks that it passes before anything in it is used. The file's format is in
 * docs/store.md and lib/store_format.h; it is native-endian and holds addresses.
 */
#ifndef XIPLD_LIB_PLAN_H
#define XIPLD_LIB_PLAN_H

#include "lib/store_format.h"

/* A plan's file, checked, in memory. */
struct plan {
	struct plan_header header[1];
	const char *bytes; /* where the file's byte 0 would be: all behind the header's page is
			      mapped */
	const char *strings;
	const struct plan_input *inputs;
	const struct plan_file *files;
	const struct plan_map *maps;
	const struct plan_fixup *fixups;
	const struct plan_depend *depends;
	const struct plan_dlsym *dlsyms;
	const struct plan_prefault *prefault;
	const struct plan_note *notes; /* plan_take only: no launch wants them */
	int fd;
	struct file_id id;
	unsigned number; /* among the plans of its key */
	size_t size;
	bool own; /* this user's, who may add to it */
	uint32_t mapped; /* maps made so far */
	int program_fd;
	struct init_pages_file *init_pages; /* cache/warm/init_pages.h; NULL: none */
	struct file_id init_pages_id;
	int init_pages_fd;
	uint64_t init_pages_next; /* the first of its pages that is not mapped yet */
	uint32_t nfds;
	int fds[1000]; /* opened, in that order */
};

/* The checksum of a plan: header from `size` on, and all behind the header's page. */
uint64_t plan_checksum(const struct plan_header *h, const void *rest, size_t size);

/* Text of a plan by its offset; "" if there is none. */
const char *plan_string(const struct plan *plan, uint32_t offset);

/* The first look at a header: enough to know where the rest is to be mapped. */
bool plan_header_fits(const struct plan *plan, enum plan_kind kind);
bool plan_heap_fits(const struct plan_header *header);

/* The whole file, at plan->bytes: fills the plan's pointers to its parts. rtld_size: bytes of the
 * linker's state, which the heap's image holds. */
bool plan_is_sound(struct plan *plan);
bool plan_closure_is_sound(struct plan *plan, size_t rtld_size);

/* Check the file of a closure's plan in memory: all of the above. */
bool plan_take(struct plan *plan, const char *bytes, size_t size, size_t rtld_size);

#endif
