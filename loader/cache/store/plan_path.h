/* Where plans lie in a store. */
#ifndef XIPLD_PLAN_PATH_H
#define XIPLD_PLAN_PATH_H

#include "cache/store/store.h"
#include "cache/store/mapped_plan.h"

/*
 * Where a key's plan lies, or would. There may be several: where other files lie at the same paths
 * (another container's) another plan is good. The newest is number 0.
 */
void plan_file(const struct store *store, const char *key, size_t key_size, unsigned number,
	       char *path, size_t size);

/* Where this plan lies. */
void plan_own_path(const struct plan *plan, char *path, size_t size);

#endif
