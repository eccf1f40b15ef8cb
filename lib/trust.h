/*
 * Whom to believe (docs/store.md, "Whom a store believes"): only root and ourselves can have
 * written what a store says.
 */
#ifndef XIPLD_TRUST_H
#define XIPLD_TRUST_H

#include "lib/sys.h"

/* Whom unmapped owners look like in a user namespace (user_namespaces(7)). */
#define TRUST_OVERFLOW 65534

/* The pure part: does this text of /proc/self/uid_map leave no number out? */
bool trust_maps_all(const char *text);

/* Does this namespace map root to nobody, so that root's files look like anybody's? `text` is
 * /proc/self/uid_map. */
bool trust_leaves_root_out(const char *text);
bool trust_root_is_unmapped(void);

/* Is that owner root, or `own`, the caller's effective number? An owner who may be anybody's is
 * nobody's. */
bool trust_owner(uint32_t uid, uint32_t own);

/* Is a file of this owner and mode root's, and nobody else's to write? */
static inline bool
trust_is_roots(uint32_t uid, uint32_t mode)
{
	return uid == 0 && !(mode & MODE_OTHERS_WRITE);
}

/*
 * Is no directory above the open one such that somebody else could put another in its place: root's
 * or ours, and written by others only if it is sticky?
 */
bool trust_parents(int dir, uint32_t own);

/* Can everybody read the open file, by way of the directories that lead to it? */
bool trust_public(int fd, const struct file_id *id);

#endif
