// proves: /proc/self/exe by readlink, realpath, open, stat and execve; argv[0]; program_invocation_name; AT_EXECFN
// build: prog
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char buf[PATH_MAX] = "", own[64];
	struct stat a, b;
	char magic[5] = "";
	if (argc > 1)
		return printf("again %s\n", argv[1]) < 0;
	ssize_t n = readlink("/proc/self/exe", buf, sizeof(buf) - 1);
	printf("%d %s\n", n > 0, strrchr(buf, '/'));
	snprintf(own, sizeof(own), "/proc/%d/exe", (int)getpid());
	memset(buf, 0, sizeof(buf));
	printf("%d %s\n", readlinkat(AT_FDCWD, own, buf, sizeof(buf) - 1) > 0, strrchr(buf, '/'));
	printf("%s %s\n", strrchr(realpath("/proc/self/exe", NULL), '/'), strrchr(canonicalize_file_name("/proc/self/exe"), '/'));
	int fd = open("/proc/self/exe", O_RDONLY);
	ssize_t got = read(fd, magic, 4);
	printf("%d %d\n", (int)got, memcmp(magic, "\177ELF", 4) == 0);
	stat("/proc/self/exe", &a);
	fstat(fd, &b);
	stat(buf, &b);
	printf("%d\n", a.st_ino == b.st_ino);
	printf("%s %s %s\n", strrchr(argv[0], '/'), program_invocation_short_name, strrchr((char *)getauxval(AT_EXECFN), '/'));
	fflush(stdout);
	char *args[] = {argv[0], "once", NULL};
	execve("/proc/self/exe", args, environ);
	return 1;
}
