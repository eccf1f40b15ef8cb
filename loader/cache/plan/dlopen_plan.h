/*
 * Additions: what a dlopen adds to a process that runs from a plan, kept as plans are, so that the
 * next process maps the relocated pages of the same objects instead of relocating them.
 *
 * A dlopen plan is good for one closure (its plan's checksum), the same fresh objects (their
 * slots), the same scopes and the same mode of binding. An operation is between dlopen_plan_begin
 * and dlopen_plan_end, under LOCK_DL.
 */
#ifndef XIPLD_DLOPEN_PLAN_H
#define XIPLD_DLOPEN_PLAN_H

#include "rtld/hooks.h"

void dlopen_plan_begin(void);

/*
 * A fresh object's headers were read from *fd: the address at which it is to be mapped, or 0 for
 * anywhere. *fd may become that of the canonical copy.
 */
uintptr_t dlopen_plan_slot(struct object *obj, int *fd);

/*
 * All fresh objects (rtld->all from number `first` on) are mapped and have their scopes. If an
 * dlopen plan fits, map its relocated pages and do what is left to each process: DLOPEN_LINKED, and
 * resolvers may wait in rtld->ifunc_relocs. DLOPEN_RELOCATE: relocate them, watched for
 * dlopen_plan_publish.
 */
enum dlopen_linked dlopen_plan_take(const struct object *root, uint32_t first, int mode,
				    struct error *error);

/* They are relocated, and no constructor ran: keep them for the next process, if that may be. */
void dlopen_plan_publish(const struct object *root, uint32_t first, int mode);

void dlopen_plan_end(void);

#endif
