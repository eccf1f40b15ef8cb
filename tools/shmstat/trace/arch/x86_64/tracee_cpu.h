/*
 * What differs from CPU to CPU when a program is held: registers, and two instructions.
 */
#ifndef SHMSTAT_TRACE_ARCH_X86_64_TRACEE_CPU_H
#define SHMSTAT_TRACE_ARCH_X86_64_TRACEE_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#define TRACEE_SUPPORTED 1

typedef struct user_regs_struct tracee_registers;

static const unsigned char code_break[] = {0xcc}; /* int3; it stops behind itself */
static const unsigned char code_call[] = {0x0f, 0x05}; /* syscall */

static inline bool
registers_get(pid_t pid, tracee_registers *r)
{
	return ptrace(PTRACE_GETREGS, pid, NULL, r) == 0;
}

static inline bool
registers_set(pid_t pid, const tracee_registers *r)
{
	return ptrace(PTRACE_SETREGS, pid, NULL, r) == 0;
}

static inline uint64_t
registers_place(const tracee_registers *r)
{
	return r->rip;
}

static inline void
registers_move(tracee_registers *r, uint64_t place)
{
	r->rip = place;
}

/* Arguments as the kernel takes them (psABI A.2.1). */
static inline void
registers_call(tracee_registers *r, long number, const uint64_t args[6])
{
	r->rax = (unsigned long)number;
	r->orig_rax = ~0UL; /* no system call to restart */
	r->rdi = args[0];
	r->rsi = args[1];
	r->rdx = args[2];
	r->r10 = args[3];
	r->r8 = args[4];
	r->r9 = args[5];
}

static inline long
registers_result(const tracee_registers *r)
{
	return (long)r->rax;
}

#endif
