/* What a launch has learned, given to a publisher to be written into the store. */
#ifndef XIPLD_HAND_IN_H
#define XIPLD_HAND_IN_H

#include "cache/store/mapped_plan.h"

/*
 * Send the plan as it is to be, and the file of DIR/init-pages that goes with it (size 0: none).
 * The publisher of the store's owner, who is our user, checks and writes them. False: nobody has
 * got them.
 */
bool hand_in(const struct plan *plan, const void *file, size_t file_size, const void *init_file,
	     size_t init_size);

/* Would anybody get them? */
bool hand_in_works(void);

#endif
