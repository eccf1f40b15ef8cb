/* The functions of <dlfcn.h> and <link.h> that programs are bound to here: glibc manual, dlopen(3),
 * dl_iterate_phdr(3).
 */
#ifndef XIPLD_DLFCN_H
#define XIPLD_DLFCN_H

#include "rtld/rtld.h"

#include <dlfcn.h>

/*
 * The functions of <dlfcn.h>. `caller`: an address in whoever calls. stub_...: as objects are
 * bound to them where the C library has no way to be asked (musl); the others as glibc's hook calls
 * them (libc/dlfcn_hook.h).
 */
void *dl_open(const char *file, int mode, const void *caller);
void *dl_mopen(Lmid_t space, const char *file, int mode, const void *caller);
void *dl_sym(void *handle, const char *name, const void *caller);
void *dl_vsym(void *handle, const char *name, const char *version, const void *caller);

/* dlopen for `caller`, dlsym in what `root` brought (version may be NULL), without a word to
 * dlerror. NULL: not to be had, for *error; not defined. */
struct object *dl_open_for(const char *file, int mode, struct object *caller, struct error *error);
void *dl_sym_of(struct object *root, const char *name, const char *version);

/* glibc's table of such functions (struct dlfcn_hook of its include/dlfcn.h); each entry is an
 * address. */
struct dlfcn_hook {
	uintptr_t dlopen, dlclose, dlsym, dlvsym, dlerror, dladdr, dladdr1, dlinfo, dlmopen;
	uintptr_t libc_dlopen_mode, libc_dlsym, libc_dlvsym, libc_dlclose;
};

/* What libc calls for itself: its __libc_dlopen_mode, __libc_dlsym and __libc_dlvsym. */
void *libc_open(const char *name, int mode);
void *libc_sym(void *handle, const char *name);
void *libc_vsym(void *handle, const char *name, const char *version);

void *stub_dlopen(const char *file, int mode);
void *stub_dlmopen(Lmid_t space, const char *file, int mode);
int stub_dlclose(void *handle);
void *stub_dlsym(void *handle, const char *name);
void *stub_dlvsym(void *handle, const char *name, const char *version);
char *stub_dlerror(void);
int stub_dladdr(const void *address, Dl_info *info);
int stub_dladdr1(const void *address, Dl_info *info, void **extra, int flags);
int stub_dlinfo(void *handle, int request, void *arg);
int stub_dl_iterate_phdr(int (*fn)(struct dl_phdr_info *, size_t, void *), void *data);
int stub_dl_find_object(void *address, struct dl_find_object *result);
int stub_cxa_thread_atexit_impl(void (*destructor)(void *), void *argument, void *dso);

/* glibc's <execinfo.h>: libc's own versions know only what ld.so loaded. The list is malloc's, as
 * the manual says. */
char **stub_backtrace_symbols(void *const *frames, int count);
void stub_backtrace_symbols_fd(void *const *frames, int count, int fd);

/* Keep *error as the text that dlerror will give this thread. */
void dlerror_set(const struct error *error);

/* The object that holds this address, or NULL. Takes no lock: a signal handler may unwind. */
struct object *find_object_at(uintptr_t address);

/* The object to which this return address belongs; if none of ours, the program. */
struct object *caller_at(const void *return_address);

/* The set of objects changed: renew what find_object_at looks into. */
void find_object_update(void);

/* The object of a handle, or NULL with dlerror set. */
struct object *object_of_handle(void *handle);

/* The list in which a handle's symbols are searched. */
struct scope *closure_of(struct object *obj);

#endif
