/* A new epoch, where the region of the current one is full. */
#ifndef XIPSTORE_RERANDOMIZE_H
#define XIPSTORE_RERANDOMIZE_H

#include <stdbool.h>

#include "lib/error.h"

/*
 * Begin a new epoch in the store that the options name, if slots take more than half of the
 * region: else what did not fit would fit into no region, and epoch would follow epoch. False, with
 * error, if that is so or if it cannot be done.
 */
bool rerandomize_if_full(struct error *error);

#endif
