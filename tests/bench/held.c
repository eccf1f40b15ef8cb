/*
 * held: what N processes of a program cost in memory, all stopped at the program's entry point.
 *
 * Usage: held [-k] N LOADER PROGRAM [ARGUMENT]...
 * LOADER is the launcher's path, or "-" for the program's own dynamic linker. -k: let the kernel
 * merge equal pages first (KSM), where it has that.
 *
 * Prints one line, kB per process (mean of N): private memory of file mappings that is a copy
 * (smaps "Anonymous" of mappings that have a file), all private memory, proportional set,
 * page tables; and the number of mappings.
 *
 * The breakpoint at which they are stopped makes one page of text a copy, which is taken off.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROCESSES 200

struct cost {
	unsigned long copied, private, proportional, tables, mappings;
};

static int merge;

static void
die(const char *what)
{
	fprintf(stderr, "held: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long
entry_of(pid_t pid)
{
	char path[64];
	Elf64_auxv_t aux;
	unsigned long entry = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fread(&aux, sizeof(aux), 1, f) == 1)
		if (aux.a_type == AT_ENTRY)
			entry = aux.a_un.a_val;
	fclose(f);
	return entry;
}

static int
next_stop(pid_t pid, int request)
{
	int status;

	if (ptrace(request, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0)
		die("ptrace");
	if (!WIFSTOPPED(status)) {
		fprintf(stderr, "held: the program ended before its entry point\n");
		exit(1);
	}
	return WSTOPSIG(status);
}

/* The launcher names the process after the program once it has mapped it; the entry point is then
 * the program's. */
static void
wait_for_program(pid_t pid)
{
	struct user_regs_struct regs;

	do {
		next_stop(pid, PTRACE_SYSCALL);
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
			die("PTRACE_GETREGS");
	} while (regs.orig_rax != SYS_prctl || regs.rdi != PR_SET_NAME);
}

/* Run until the instruction at this address is about to be executed. */
static void
stop_at(pid_t pid, unsigned long address)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)address, NULL);
	if (errno ||
	    ptrace(PTRACE_POKETEXT, pid, (void *)address, (void *)((word & ~0xffL) | 0xcc)) < 0)
		die("breakpoint");
	while (next_stop(pid, PTRACE_CONT) != SIGTRAP)
		;
	ptrace(PTRACE_POKETEXT, pid, (void *)address, (void *)word);
}

static pid_t
start(const char *loader, char **argv)
{
	pid_t pid = fork();
	int status, quiet;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		quiet = open("/dev/null", O_RDWR);
		dup2(quiet, 0);
		dup2(quiet, 1);
		dup2(quiet, 2);
		if (merge)
			prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(loader ? loader : argv[1], loader ? argv : argv + 1);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		die("exec");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)PTRACE_O_EXITKILL);
	if (loader)
		wait_for_program(pid);
	stop_at(pid, entry_of(pid));
	return pid;
}

static void
add_smaps(pid_t pid, struct cost *c)
{
	char path[64], line[8192];
	unsigned long value, inode;
	char word[64];
	int file = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*x-%*x %*s %*x %*x:%*x %lu", &inode) == 1) {
			file = inode != 0;
			c->mappings++;
		} else if (sscanf(line, "%63[^:]: %lu kB", word, &value) == 2) {
			if (file && strcmp(word, "Anonymous") == 0)
				c->copied += value;
			if (strcmp(word, "Private_Dirty") == 0 ||
			    strcmp(word, "Private_Clean") == 0)
				c->private += value;
			if (strcmp(word, "Pss") == 0)
				c->proportional += value;
		}
	}
	fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmPTE: %lu kB", &value) == 1)
			c->tables += value;
	if (f)
		fclose(f);
}

static long
ksm_scans(void)
{
	long n = -1;
	FILE *f = fopen("/sys/kernel/mm/ksm/full_scans", "r");

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

/* Three full scans: one to see the pages, one to find them unchanged, one to spare. */
static void
wait_for_ksm(void)
{
	long end = ksm_scans() + 3;

	for (int i = 0; ksm_scans() >= 0 && ksm_scans() < end && i < 6000; i++)
		nanosleep(&(struct timespec){0, 10000000}, NULL);
}

int
main(int argc, char **argv)
{
	pid_t pids[MAX_PROCESSES];
	struct cost c = {0};
	unsigned long page_kb = (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
	const char *loader;
	int n;

	if (argc > 1 && strcmp(argv[1], "-k") == 0) {
		merge = 1;
		argv++;
		argc--;
	}
	if (argc < 4 || (n = atoi(argv[1])) < 1 || n > MAX_PROCESSES) {
		fprintf(stderr, "usage: held [-k] N LOADER|- PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	loader = strcmp(argv[2], "-") ? argv[2] : NULL;
	for (int i = 0; i < n; i++)
		pids[i] = start(loader, argv + 2);
	if (merge)
		wait_for_ksm();
	for (int i = 0; i < n; i++)
		add_smaps(pids[i], &c);
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	printf("%lu %lu %lu %lu %lu\n", c.copied / n - page_kb, c.private / n - page_kb,
	       c.proportional / n, c.tables / n, c.mappings / n);
	return 0;
}
