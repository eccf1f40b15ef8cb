/*
 * without: run a command under a seccomp filter that forbids system calls which ld.so does not
 * make.
 *
 * Usage: without kill|refuse COMMAND [ARGUMENT]...
 * A call of them ends the process (SIGSYS), or fails with EPERM.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int forbidden[] = {
	SYS_prctl,	   SYS_statx,	  SYS_madvise, SYS_process_madvise, SYS_close_range,
	SYS_readlinkat,	   SYS_faccessat, SYS_flock,   SYS_fgetxattr,	    SYS_mkdirat,
	SYS_renameat2,	   SYS_unlinkat,  SYS_linkat,  SYS_fsync,	    SYS_pidfd_open,
	SYS_clock_gettime, SYS_sendfile,
};
#define FORBIDDEN (sizeof(forbidden) / sizeof(forbidden[0]))

int
main(int argc, char **argv)
{
	struct sock_filter code[2 * FORBIDDEN + 2];
	struct sock_fprog program = {.filter = code};
	unsigned action;

	if (argc < 3)
		return 2;
	action =
		strcmp(argv[1], "kill") == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							   offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < FORBIDDEN; i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								   (unsigned)forbidden[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("without");
		return 99;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 98;
}
