/*
 * For CPUs on which programs cannot be held yet: the functions of arch/x86_64/tracee_cpu.h, which
 * fail.
 */
#ifndef SHMSTAT_TRACE_ARCH_TRACEE_NONE_H
#define SHMSTAT_TRACE_ARCH_TRACEE_NONE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACEE_SUPPORTED 0

typedef struct {
	uint64_t place;
} tracee_registers;

static const unsigned char code_break[1], code_call[1];

static inline bool
registers_get(pid_t pid, tracee_registers *r)
{
	(void)pid;
	r->place = 0;
	return false;
}

static inline bool
registers_set(pid_t pid, const tracee_registers *r)
{
	(void)pid;
	(void)r;
	return false;
}

static inline uint64_t
registers_place(const tracee_registers *r)
{
	return r->place;
}

static inline void
registers_move(tracee_registers *r, uint64_t place)
{
	r->place = place;
}

static inline void
registers_call(tracee_registers *r, long number, const uint64_t args[6])
{
	(void)r;
	(void)number;
	(void)args;
}

static inline long
registers_result(const tracee_registers *r)
{
	(void)r;
	return -1;
}

#endif
