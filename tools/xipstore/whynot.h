/* Why a program has no plan. */
#ifndef XIPSTORE_WHYNOT_H
#define XIPSTORE_WHYNOT_H

#include "xipstore/store.h"

/*
 * A code of the loader's (slot-taken, store-unwritable, …), or its words why it cannot load the
 * program, or not-prepared if nothing speaks against a plan. Found by linking the program into a
 * store of its own, which is then removed. The caller frees.
 */
char *why_no_plan(const struct store *store, const char *program);

#endif
