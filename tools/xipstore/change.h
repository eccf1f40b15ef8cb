/* A change to a store: what gc and rerandomize need to know before they do anything. */
#ifndef XIPSTORE_CHANGE_H
#define XIPSTORE_CHANGE_H

#include "xipstore/catalog.h"

struct change {
	struct store store; /* locked, unless there is no epoch or nothing is to be done */
	struct catalog catalog;
	struct usage usage;
};

/*
 * Open the store that the options name, lock it (with --dry-run not), read its plans and who uses
 * them. change_end gives all back, after a failure too.
 */
bool change_begin(struct change *change, const char *what, struct error *error);
void change_end(struct change *change);

#endif
