#include "tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define BREAKPOINT 0xcc /* int3 */
#define SYSCALL_INSTRUCTION \
	{                   \
		0x0f, 0x05  \
	}

static void
exec_child(char **argv, bool quiet, int report)
{
	int nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (quiet) {
		setsid();
		nothing = open("/dev/null", O_RDWR);
		for (int fd = 0; fd < 3; fd++)
			dup2(nothing, fd);
	}
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		execvp(argv[0], argv);
	nothing = errno;
	if (write(report, &nothing, sizeof(nothing)) < 0)
		_exit(126);
	_exit(127);
}

bool
tracee_start(char **argv, bool quiet, pid_t *pid, struct fault *fault)
{
	int status, error = 0, ends[2];
	ssize_t got;

#ifndef __x86_64__
	return fault_set(fault, argv[0], 0, "programs can be stopped on x86-64 only");
#endif
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_set(fault, argv[0], errno, "%s", "");
	*pid = fork();
	if (*pid == 0)
		exec_child(argv, quiet, ends[1]);
	close(ends[1]);
	got = *pid < 0 ? -1 : read(ends[0], &error, sizeof(error));
	close(ends[0]);
	if (*pid < 0)
		return fault_set(fault, argv[0], EAGAIN, "%s", "");
	if (waitpid(*pid, &status, 0) < 0 || !WIFSTOPPED(status)) {
		return fault_set(fault, argv[0], got == sizeof(error) ? error : 0,
				 "cannot be executed");
	}
	ptrace(PTRACE_SETOPTIONS, *pid, NULL,
	       (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD));
	return true;
}

/* The program's entry point, as the kernel or the launcher has left it for it. 0: not known. */
static uint64_t
entry_of(pid_t pid)
{
	uint64_t entry = 0;
	char path[64];
	Elf64_auxv_t aux;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fread(&aux, sizeof(aux), 1, f) == 1)
		if (aux.a_type == AT_ENTRY)
			entry = aux.a_un.a_val;
	fclose(f);
	return entry;
}

bool
tracee_has_copy(pid_t pid, uint64_t address)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (pread(fd, &entry, sizeof(entry), (off_t)(address / page_size() * sizeof(entry))) !=
	    sizeof(entry))
		entry = ~0ULL;
	close(fd);
	/* present (bit 63) or swapped (62), and no file's (61): pagemap.rst */
	return (entry >> 62) != 0 && (entry >> 61 & 1) == 0;
}

/* Go on with a request and the signal that stopped it; the next stop. False: it has ended. */
static bool
next_stop(pid_t pid, int request, int signal, int *status)
{
	if (ptrace((enum __ptrace_request)request, pid, NULL, (void *)(long)signal) < 0 ||
	    waitpid(pid, status, 0) < 0)
		return false;
	return WIFSTOPPED(*status);
}

int
tracee_signal(int status)
{
	int signal = WSTOPSIG(status);

	return status >> 16 != 0 || signal == SIGTRAP || signal == (SIGTRAP | 0x80) ? 0 : signal;
}

/*
 * The launcher names the process after the program once it has mapped it (prctl); the entry point
 * is then the program's. What it cannot load itself it executes.
 */
static bool
wait_for_program(pid_t pid, bool *to_kernel)
{
	struct user_regs_struct regs;
	int status = 0;

	for (int signal = 0; next_stop(pid, PTRACE_SYSCALL, signal, &status);
	     signal = tracee_signal(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			*to_kernel = true;
			return true;
		}
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
			return false;
		if (regs.orig_rax == SYS_prctl && regs.rdi == PR_SET_NAME)
			return true;
	}
	return false;
}

long
tracee_call(pid_t pid, uint64_t instruction, long number, const uint64_t args[6])
{
	struct user_regs_struct before, regs;
	int status = 0;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &before) < 0)
		return -ESRCH;
	regs = before;
	regs.rip = instruction;
	regs.rax = (unsigned long)number;
	regs.orig_rax = ~0UL; /* no system call to restart */
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
	/* other signals keep: they are sent again */
	while (next_stop(pid, PTRACE_SINGLESTEP, 0, &status) && WSTOPSIG(status) != SIGTRAP)
		kill(pid, WSTOPSIG(status));
	if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return -ESRCH;
	ptrace(PTRACE_SETREGS, pid, NULL, &before);
	return (long)regs.rax;
}

uint64_t
tracee_instruction(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 ? 0 : regs.rip;
}

/* Read or write its memory, whatever the protection is. */
static bool
access_memory(pid_t pid, uint64_t address, void *data, size_t size, bool write_it)
{
	char path[64];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write_it ? pwrite(fd, data, size, (off_t)address)
			: pread(fd, data, size, (off_t)address);
	close(fd);
	return done == (ssize_t)size;
}

bool
tracee_plant(pid_t pid, uint64_t address)
{
	unsigned char code[] = SYSCALL_INSTRUCTION;

	return !tracee_has_copy(pid, address) && !tracee_has_copy(pid, address + 1) &&
	       access_memory(pid, address, code, sizeof(code), true);
}

void
tracee_lift(pid_t pid, uint64_t address)
{
	uint64_t page = address & ~(page_size() - 1);

	tracee_call(pid, address, SYS_madvise,
		    (uint64_t[6]){page, address + 2 - page, MADV_DONTNEED});
}

/* Stop before the instruction at an address. The breakpoint's page is then as it was. */
static bool
run_to(pid_t pid, uint64_t address)
{
	unsigned char breakpoint = BREAKPOINT, code[] = SYSCALL_INSTRUCTION, original, now;
	bool copied = tracee_has_copy(pid, address);
	struct user_regs_struct regs;
	int status, signal = 0;

	if (!access_memory(pid, address, &original, 1, false) ||
	    !access_memory(pid, address, &breakpoint, 1, true))
		return false;
	do {
		if (!next_stop(pid, PTRACE_CONT, signal, &status) ||
		    ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
			return false;
		signal = tracee_signal(status);
	} while (WSTOPSIG(status) != SIGTRAP || regs.rip != address + 1);
	regs.rip = address;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
	if (!copied && access_memory(pid, address, code, sizeof(code), true))
		tracee_lift(pid, address);
	/* it comes into memory again, as it was, or is written as it was */
	return access_memory(pid, address, &now, 1, false) &&
	       (now == original || access_memory(pid, address, &original, 1, true));
}

bool
tracee_run_to_entry(pid_t pid, bool launched, bool *to_kernel, struct fault *fault)
{
	uint64_t entry;
	char name[32];

	*to_kernel = false;
	if ((!launched || wait_for_program(pid, to_kernel)) && (entry = entry_of(pid)) != 0 &&
	    run_to(pid, entry))
		return true;
	snprintf(name, sizeof(name), "process %d", (int)pid);
	fault_set(fault, name, 0, "ended before it reached the program's entry point");
	tracee_end(pid, true);
	return false;
}

void
tracee_release(pid_t pid)
{
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

bool
tracee_halt(pid_t pid)
{
	int status;

	if (kill(pid, SIGSTOP) != 0)
		return false;
	return waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
}

void
tracee_end(pid_t pid, bool quiet)
{
	int status;

	kill(quiet ? -pid : pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		;
}
