/* Asking a publisher for a plan (docs/publishing.md): one datagram, and no waiting. */
#ifndef XIPLD_ASK_H
#define XIPLD_ASK_H

#include "lib/sys.h"

/*
 * Ask for a plan of this program, whose file is open. True if somebody was asked. *what says in
 * words what became of it.
 */
bool ask_publisher(const char *program, int fd, const char **what);

#endif
