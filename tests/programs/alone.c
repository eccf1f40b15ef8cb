/* What the kernel grants only to who has its memory for itself */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
int
main(int argc, char **argv)
{
	int r = -1;
	if (!strcmp(argv[1], "vm"))
		r = unshare(CLONE_VM);
	if (!strcmp(argv[1], "thread"))
		r = unshare(CLONE_THREAD);
	if (!strcmp(argv[1], "signals"))
		r = unshare(CLONE_SIGHAND);
	if (!strcmp(argv[1], "files"))
		r = unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM);
	if (!strcmp(argv[1], "user"))
		r = unshare(CLONE_NEWUSER);
	if (!strcmp(argv[1], "time") && !unshare(CLONE_NEWTIME))
		r = setns(open("/proc/self/ns/time_for_children", O_RDONLY), CLONE_NEWTIME);
	printf("%s: %s\n", argv[1], r ? strerror(errno) : "granted");
	return 5;
}
