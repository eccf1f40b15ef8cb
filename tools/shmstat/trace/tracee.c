#include "shmstat/trace/tracee.h"

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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shmstat/proc/model.h"
#include "tracee_cpu.h"

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
tracee_start(char **argv, bool quiet, pid_t *pid, struct error *error)
{
	int status, err = 0, ends[2];
	ssize_t got;

	if (!TRACEE_SUPPORTED)
		return error_format(error, argv[0], 0, "programs cannot be held on this CPU yet");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_format(error, argv[0], errno, "%s", "");
	*pid = fork();
	if (*pid == 0)
		exec_child(argv, quiet, ends[1]);
	close(ends[1]);
	got = *pid < 0 ? -1 : read(ends[0], &err, sizeof(err));
	close(ends[0]);
	if (*pid < 0)
		return error_format(error, argv[0], EAGAIN, "%s", "");
	if (waitpid(*pid, &status, 0) < 0 || !WIFSTOPPED(status)) {
		return error_format(error, argv[0], got == sizeof(err) ? err : 0,
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
	if (pread(fd, &entry, sizeof(entry),
		  (off_t)(address / system_page_size() * sizeof(entry))) != sizeof(entry))
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
	struct __ptrace_syscall_info info = {0};
	int status = 0;

	for (int signal = 0; next_stop(pid, PTRACE_SYSCALL, signal, &status);
	     signal = tracee_signal(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			*to_kernel = true;
			return true;
		}
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) < 0)
			return false;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_prctl &&
		    info.entry.args[0] == PR_SET_NAME)
			return true;
	}
	return false;
}

long
tracee_call(pid_t pid, uint64_t instruction, long number, const uint64_t args[6])
{
	tracee_registers before, regs;
	int status = 0;

	if (!registers_get(pid, &before))
		return -ESRCH;
	regs = before;
	registers_move(&regs, instruction);
	registers_call(&regs, number, args);
	registers_set(pid, &regs);
	/* other signals keep: they are sent again */
	while (next_stop(pid, PTRACE_SINGLESTEP, 0, &status) && WSTOPSIG(status) != SIGTRAP)
		kill(pid, WSTOPSIG(status));
	if (!WIFSTOPPED(status) || !registers_get(pid, &regs))
		return -ESRCH;
	registers_set(pid, &before);
	return registers_result(&regs);
}

uint64_t
tracee_instruction(pid_t pid)
{
	tracee_registers regs;

	return registers_get(pid, &regs) ? registers_place(&regs) : 0;
}

/* Its memory, whatever the protection is. False if not all could be read or written. */
static bool
access_memory(pid_t pid, uint64_t address, void *to, const void *from, size_t size)
{
	char path[64];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = to ? pread(fd, to, size, (off_t)address) : pwrite(fd, from, size, (off_t)address);
	close(fd);
	return done == (ssize_t)size;
}

bool
tracee_plant(pid_t pid, uint64_t address)
{
	return !tracee_has_copy(pid, address) &&
	       !tracee_has_copy(pid, address + sizeof(code_call) - 1) &&
	       access_memory(pid, address, NULL, code_call, sizeof(code_call));
}

void
tracee_lift(pid_t pid, uint64_t address)
{
	uint64_t page = address & ~(system_page_size() - 1);

	tracee_call(pid, address, SYS_madvise,
		    (uint64_t[6]){page, address + sizeof(code_call) - page, MADV_DONTNEED});
}

uint64_t
tracee_last_call(pid_t pid)
{
	return tracee_instruction(pid) - sizeof(code_call);
}

/*
 * Stop before the instruction at an address. The breakpoint makes its page a copy; it is dropped
 * afterwards and comes back from its file, unless it was a copy before.
 */
static bool
run_to(pid_t pid, uint64_t address)
{
	unsigned char original[sizeof(code_break)], now[sizeof(code_break)];
	bool copied = tracee_has_copy(pid, address) ||
		      tracee_has_copy(pid, address + sizeof(code_call) - 1);
	tracee_registers regs;
	int status, signal = 0;

	if (!access_memory(pid, address, original, NULL, sizeof(original)) ||
	    !access_memory(pid, address, NULL, code_break, sizeof(code_break)))
		return false;
	do {
		if (!next_stop(pid, PTRACE_CONT, signal, &status) || !registers_get(pid, &regs))
			return false;
		signal = tracee_signal(status);
	} while (WSTOPSIG(status) != SIGTRAP ||
		 registers_place(&regs) != address + sizeof(code_break));
	registers_move(&regs, address);
	registers_set(pid, &regs);
	if (!copied && access_memory(pid, address, NULL, code_call, sizeof(code_call)))
		tracee_lift(pid, address);
	return access_memory(pid, address, now, NULL, sizeof(now)) &&
	       (memcmp(now, original, sizeof(now)) == 0 ||
		access_memory(pid, address, NULL, original, sizeof(original)));
}

bool
tracee_run_to_entry(pid_t pid, bool launched, bool *to_kernel, struct error *error)
{
	uint64_t entry;
	char name[32];

	*to_kernel = false;
	if ((!launched || wait_for_program(pid, to_kernel)) && (entry = entry_of(pid)) != 0 &&
	    run_to(pid, entry))
		return true;
	snprintf(name, sizeof(name), "process %d", (int)pid);
	error_format(error, name, 0, "ended before it reached the program's entry point");
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
