/* What debuggers read: struct r_debug and the chain of link_maps (glibc's <link.h>, SVR4). */
#ifndef XIPLD_DEBUG_H
#define XIPLD_DEBUG_H

#include "rtld/rtld.h"

/* Tell a debugger of the start-up closure. */
void debug_announce(void);

/* Let the program's DT_DEBUG point at struct r_debug; while its dynamic section may still be
 * written. */
void debug_set_program_entry(void);

/* True if a debugger has a breakpoint where it learns of objects. */
bool debug_is_watched(void);

/* Objects come or go: call before and after. */
void debug_begin(bool adding);
void debug_end(void);

/* Rebuild the chain from rtld->all. */
void debug_chain(void);

#endif
