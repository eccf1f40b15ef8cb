/*
 * Programs started to be looked at: stopped where wanted (ptrace), and made to call the kernel.
 * They end when shmstat does. x86-64 only; elsewhere tracee_start fails.
 */
#ifndef SHMSTAT_TRACE_TRACEE_H
#define SHMSTAT_TRACE_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shmstat/out/error.h"

/*
 * Run argv[0] (looked up in PATH) and stop it after exec, before its first instruction. `quiet`: in
 * a session of its own, with /dev/null for standard input, output and error. False with *error set.
 */
bool tracee_start(char **argv, bool quiet, pid_t *pid, struct error *error);

/*
 * Let a program that was just started run to its own entry point (AT_ENTRY), where the dynamic
 * linker has done its work; no page of it is changed by that. `launched`: argv[0] is xipld, and the
 * entry point that of the program that it launches; *to_kernel is set if xipld executed it by way
 * of the kernel instead. False with *error set; then the process has been ended.
 */
bool tracee_run_to_entry(pid_t pid, bool launched, bool *to_kernel, struct error *error);

/* Let it run on by itself; stop it again. tracee_halt is false if it has ended. */
void tracee_release(pid_t pid);
bool tracee_halt(pid_t pid);

/* End it, with the processes of its session if it was started `quiet`. */
void tracee_end(pid_t pid, bool quiet);

/*
 * Make a stopped thread call the kernel with the system call instruction at an address. Returns the
 * result as the kernel gives it (-errno), or -ESRCH if the thread is gone.
 */
long tracee_call(pid_t pid, uint64_t instruction, long number, const uint64_t args[6]);

/*
 * Put a system call instruction at an address, and take it away again: the page is dropped and
 * comes back from its file, and no other is touched by that. Plant is false if the page is a
 * copy already, or cannot be written.
 */
bool tracee_plant(pid_t pid, uint64_t address);
void tracee_lift(pid_t pid, uint64_t address);

/* Where a stopped thread is; 0 if it is gone. */
uint64_t tracee_instruction(pid_t pid);
/* The system call instruction behind which it stands, at its end or in a child that it made. */
uint64_t tracee_last_call(pid_t pid);

/* Is the page at an address a private copy, in memory or swapped out? */
bool tracee_has_copy(pid_t pid, uint64_t address);

/* The signal to hand on at a stop; 0 if the stop is ptrace's own. */
int tracee_signal(int status);

#endif
