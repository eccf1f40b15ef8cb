/* The arguments become others than the kernel was given: a script's interpreter, --argv0. */
#ifndef XIPLD_ARGUMENTS_H
#define XIPLD_ARGUMENTS_H

#include "base/process_args.h"

#define ARGUMENTS_FRONT 3 /* interpreter, its argument, script */

/*
 * Put `count` strings in the place of argv[0 … drop) and lay the stack out again as the kernel
 * does: argument after argument, the environment directly behind them. Programs that change their
 * title write over both.
 *
 * Goes on at `then`, on a fresh stack; comes back, with false, only if there is no memory. Strings
 * of the old arguments that `launch` names are kept, and *name, which follows.
 */
_Bool arguments_replace(const char *const *front, int count, int drop, const char **name,
			void (*then)(void));

#endif
