/* --tree: a program and all that it starts, with the loader as their program interpreter. */
#ifndef XIPLD_LAUNCH_TREE_H
#define XIPLD_LAUNCH_TREE_H

#include "lib/error.h"

#include <stdbool.h>

/*
 * Enter a mount namespace in which the links that programs name as their interpreter lead to this
 * loader. Where they do already nothing is done. False: *error says what cannot be had.
 */
bool tree_enter(struct error *error);

#endif
