/* The command line of xipld. */
#ifndef XIPLD_OPTIONS_H
#define XIPLD_OPTIONS_H

#include "link/world.h"

/*
 * Read the options in argv[1 …] into `launch`. Returns the index of PROGRAM; ends the process for
 * --help, --version and for what it does not understand (exit status 127, as env(1) and others that
 * run a command).
 */
int options_parse(int argc, char **argv);

#endif
