/*
 * glibc's way to have all that libc opens, itself (NSS modules, gconv, libgcc_s) and for others
 * (dlopen and its kin), opened by another loader. It was made for dlopen in static programs:
 * `_dl_dlfcn_hook`, a pointer in ld.so's _rtld_global_ro, leads to a table of functions
 * (include/dlfcn.h of glibc 2.34 and later). It is looked for where it was in every version so far,
 * and used only if libc's code is seen to read it there.
 */
#ifndef XIPLD_DLFCN_HOOK_H
#define XIPLD_DLFCN_HOOK_H

#include <stdbool.h>

struct error;

/* Is the hook of rtld->libc and rtld->interp where it should be? Else false, with *error. */
bool dlfcn_hook_check(struct error *error);

/* Set it. The interpreter is mapped and has not run yet. */
void dlfcn_hook_set(void);

#endif
