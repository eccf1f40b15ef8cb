/*
 * Init pages: what constructors leave equal in each process.
 *
 * A page that a constructor writes to is copied, though often every process writes the same: tables
 * that are computed, objects that know their own address. Two launches that learn find such pages,
 * and keep what they hold once the constructors have run in DIR/init-pages/ID, with what the
 * constructors have to find there. Later launches map those pages from that file, write the latter
 * over them (they would be copied anyway), and when the constructors have run give back each that
 * is as the file has it: the copy goes, and the page is shared by all processes of the program.
 *
 * Pages may hold what a process got from its environment. So the file is for its user only, and
 * only his own launches use it.
 */
#ifndef XIPLD_INIT_PAGES_H
#define XIPLD_INIT_PAGES_H

#include "cache/store/plan_path.h"
#include "cache/warm/prefault.h"

/* Where the plan's file lies, or would. */
void init_pages_path(const struct plan *plan, char *path, size_t size);

/* May this launch have such a file? */
bool init_pages_applies(const struct plan *plan);

/* Open the plan's file and map it, if it is sound. The descriptor, if it is not negative, and the
 * mapping (id->size bytes) are the caller's. NULL: there is none, or it is not. */
struct init_pages_file *init_pages_map(const struct plan *plan, int *fd, struct file_id *id);

/* The constructors have run: of t->written, the process's own pages, keep those of libraries and
 * the program. t->init_pages_sum: of what was kept, 0 if nothing was. */
void init_pages_note(const struct plan *plan, struct working_set *t);

/* Write what was kept: the plan's file, or if it has too few pages, see that there is none. The
 * store is locked. */
bool init_pages_write(const struct plan *plan, const struct working_set *t);

/* In another launch: keep those that are the same again. t->init_pages is how many are worth
 * sharing. */
void init_pages_choose(const struct plan *plan, struct working_set *t);

/* Before the plan's mappings are made: plan->init_pages, NULL before, becomes the file if it is
 * good. */
void init_pages_open(struct plan *plan);
void init_pages_close(struct plan *plan);

/*
 * A part of mapping number `number`, from `address` on, that comes from one file. True: from
 * plan->init_pages_fd, else from the mapping's own. Mappings are asked about in their order, parts
 * as well.
 */
bool init_pages_part(struct plan *plan, uint32_t number, uintptr_t address, struct plan_map *part);

/* All mappings are made: what constructors have to find in these pages. */
void init_pages_prepare(const struct plan *plan);

/* The constructors have run: share the pages that are as the file has them. It stays mapped, as the
 * plan does: to take it down costs more than it takes. */
void init_pages_share(const struct plan *plan);

#endif
