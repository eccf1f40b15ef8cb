/* The command line of xipld. */
#ifndef XIPLD_COMMAND_LINE_H
#define XIPLD_COMMAND_LINE_H

#include "rtld/rtld.h"

/*
 * Read the options in argv[1 …] into `launch`. Returns the index of PROGRAM; ends the process for
 * --help, --version and for what it does not understand (exit status 127, as env(1) and others that
 * run a command).
 */
int options_parse(int argc, char **argv);

/* What the environment says where the command line does not: for processes that may obey it. */
void options_read_environment(void);

/* What lay at [low, high) lies `by` bytes further: the strings of options follow it. */
void options_move(uintptr_t low, uintptr_t high, intptr_t by);

#endif
