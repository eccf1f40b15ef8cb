/*
 * Hosting the C library: its own interpreter boots it, with the C library (glibc) or an empty
 * object (musl) in the part of the main program; see docs/hosting.md.
 */
#ifndef XIPLD_BOOT_H
#define XIPLD_BOOT_H

#include "base/process_args.h"
#include "rtld/rtld.h"

/*
 * Load the interpreter that the program names and tell which C library it belongs to. Returns false
 * with *error if it is none that can be hosted.
 */
bool libc_identify(const char *interp, struct error *error);

/* After the closure is loaded: is this C library complete and new enough? */
bool libc_check(struct error *error);

/* All relocation is done: build what the interpreter is to see (rtld->boot); then enter it. */
void libc_prepare(void);
_Noreturn void libc_boot(void);

/* Called from the interpreter, as the program's entry point. Returns the program's. */
uintptr_t libc_ready(uintptr_t *stack, uintptr_t libc_fini);

/* Call fn for the thread pointer of each thread. False if the C library does not tell which there
 * are. */
bool libc_for_each_thread(void (*fn)(void *context, uintptr_t thread_pointer), void *context);

/* Let the C library call tls_thread_ends(storage) when this thread ends. False if it will not. */
bool libc_set_thread_storage(void *storage);

/* The two C libraries; each fills `boot` for libc_boot. */
void glibc_prepare_boot(struct boot *boot);
bool glibc_check(struct error *error);
void musl_prepare_boot(struct boot *boot);
void musl_rebind(void);

void boot_add(struct boot *boot, uint32_t type, uint32_t flags, uintptr_t at, size_t size,
	      size_t align);

/* Where the interpreter is to jump to, and what it runs for musl. */
extern void libc_entry(void);
void libc_run_constructors(void);
void libc_run_destructors(void);

#endif
