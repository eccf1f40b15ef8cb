/* The files that plans name, to ask whether something of a store is named by any. */
#ifndef XIPSTORE_NAMED_H
#define XIPSTORE_NAMED_H

#include "common/hash_index.h"
#include "xipstore/plan.h"

/* Zeroed at first. The strings are those of the plans and of the index. */
struct named {
	struct named_file {
		const char *path;
		struct file_id id;
	} * list;
	size_t count, capacity;
	struct hash_index by_name, by_inode;
};

/* What a plan maps from, and the objects of the index that it finds by their slots. */
void named_add_plan(struct named *named, const struct plan *plan, const struct index *index);

/* Is there one whose path ends like this? A store may lie elsewhere for others. `tail` has a slash.
 */
bool named_has(const struct named *named, const char *tail);

/* Is this very file among them, or another version of it? */
bool named_has_file(const struct named *named, const struct file_id *id);

/* Is there one with this in its path? */
bool named_below(const struct named *named, const char *directory);

void named_free(struct named *named);

#endif
