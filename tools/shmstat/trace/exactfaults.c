#include "shmstat/trace/exactfaults.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shmstat/proc/maps.h"
#include "shmstat/proc/procfile.h"
#include "shmstat/trace/tracee.h"

/* linux/userfaultfd.h since 6.7; Debian 12's is older */
#define FEATURE_WP_ASYNC (1ULL << 15)
#define USER_MODE_ONLY 1

int
exactfaults_open(pid_t pid, uint64_t instruction)
{
	struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_ASYNC};
	long theirs = tracee_call(pid, instruction, SYS_userfaultfd,
				  (uint64_t[6]){O_CLOEXEC | USER_MODE_ONLY});
	int process, fd = -1;

	if (theirs < 0) {
		errno = (int)-theirs;
		return -1;
	}
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process >= 0) {
		fd = (int)syscall(SYS_pidfd_getfd, process, (int)theirs, 0);
		close(process);
	}
	tracee_call(pid, instruction, SYS_close, (uint64_t[6]){(uint64_t)theirs});
	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool
exactfaults_range(int fd, uint64_t start, uint64_t end)
{
	struct uffdio_register range = {.range = {.start = start, .len = end - start},
					.mode = UFFDIO_REGISTER_MODE_WP};

	return ioctl(fd, UFFDIO_REGISTER, &range) == 0;
}

void
exactfaults_all(int fd, pid_t pid)
{
	static struct procfile file;
	struct mapping m;
	char path[32];
	int directory;
	char *line;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	if (procfile_open(&file, directory, "maps")) {
		while ((line = procfile_line(&file)))
			if (maps_line(line, &m) && m.inode != 0)
				exactfaults_range(fd, m.start, m.end);
		procfile_close(&file);
	}
	close(directory);
}
