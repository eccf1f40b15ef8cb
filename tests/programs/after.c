/* after KIND WHAT COMMAND...: run COMMAND, wait for it, and at once look whether WHAT is free */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>
static int
in_use(const char *kind, const char *what, pid_t pid)
{
	struct shmid_ds d;
	if (!strcmp(kind, "write"))
		return open(what, O_WRONLY) < 0 ? errno : 0;
	if (!strcmp(kind, "shm"))
		return shmctl(atoi(what), IPC_STAT, &d) ? errno : d.shm_nattch ? EBUSY : 0;
	if (!strcmp(kind, "umount"))
		return umount2(what, 0) ? errno : 0;
	if (!strcmp(kind, "cgroup"))
		return rmdir(what) ? errno : 0;
	if (!strcmp(kind, "group"))
		return kill(-pid, 0) == 0 ? EBUSY : errno == ESRCH ? 0 : errno;
	return ENOSYS;
}
static void
enter(const char *cgroup)
{
	char path[512];
	snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
	int fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(98);
	close(fd);
}
int
main(int argc, char **argv)
{
	int status, error;
	pid_t pid = fork();
	if (pid == 0) {
		if (!strcmp(argv[1], "cgroup"))
			enter(argv[2]);
		if (!strcmp(argv[1], "group"))
			setsid();
		execv(argv[3], argv + 3);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid || status != 5 << 8) {
		printf("status %x\n", status);
		return 2;
	}
	if ((error = in_use(argv[1], argv[2], pid))) {
		printf("%s: %s\n", argv[1], strerror(error));
		return 1;
	}
	return 0;
}
