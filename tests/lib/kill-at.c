/*
 * kill-at N PROGRAM [ARGUMENT]...: run PROGRAM and kill it as it enters its N-th system call.
 *
 * strace's injection counts each kind of call by itself. Ends with 137 if it killed, else with the
 * program's status; N = 0 kills nothing and prints how many calls there were.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void
start(char **argv)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int
main(int argc, char **argv)
{
	long at = argc > 2 ? atol(argv[1]) : -1, stops = 0;
	int status, signal = 0;
	pid_t pid;

	if (at < 0) {
		fprintf(stderr, "usage: kill-at N PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		start(argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 2;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
		if (waitpid(pid, &status, 0) != pid)
			return 2;
		if (!WIFSTOPPED(status))
			break;
		signal = WSTOPSIG(status);
		if (signal == SIGTRAP)
			signal = 0; /* execve */
		if (signal != (SIGTRAP | 0x80))
			continue;
		signal = 0;
		if (++stops / 2 + 1 == at && stops % 2 == 1) /* entries and exits take turns */
			kill(pid, SIGKILL);
	}
	if (at == 0)
		fprintf(stderr, "%ld\n", stops / 2);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
