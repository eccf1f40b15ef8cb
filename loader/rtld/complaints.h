/* What ld.so says while it loads a program, and goes on. */
#ifndef XIPLD_COMPLAINTS_H
#define XIPLD_COMPLAINTS_H

#include "rtld/rtld.h"

/* Keep what ld.so prints and goes on, with the linker's state. names_program: behind its name. */
void complain(const char *text, bool names_program);
void complain_of_version(const struct error *error);

#endif
