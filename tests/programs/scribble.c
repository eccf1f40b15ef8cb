/* Gives root away, and then writes over whatever the loader could read again */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
struct map {
	unsigned long from, to;
	int loader;
};
/* is anybody else in this memory? */
static int
sharers(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;
	while (proc && (e = readdir(proc))) {
		int pid = atoi(e->d_name);
		n += pid > 0 && pid != getpid() &&
		     syscall(SYS_kcmp, getpid(), pid, 1 /* KCMP_VM */, 0, 0) == 0;
	}
	closedir(proc);
	return n;
}
static int
read_maps(struct map *maps, int room)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[8192], perm[8];
	unsigned long end = 0; /* of the loader's file: what lies behind it is its as well */
	int n = 0;
	while (n < room && fgets(line, sizeof line, f)) {
		struct map m = {0};
		if (sscanf(line, "%lx-%lx %7s", &m.from, &m.to, perm) != 3)
			continue;
		m.loader = m.from == end || strstr(line, "/xipld");
		if (m.loader)
			end = m.to;
		if (perm[1] == 'w' && !strstr(line, "[stack]"))
			maps[n++] = m;
	}
	fclose(f);
	return n;
}
static __attribute__((noinline)) void
write_over(const struct map *m, unsigned long seed)
{
	for (volatile unsigned char *at = (void *)m->from; at < (unsigned char *)m->to; at++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		*at = (unsigned char)(seed >> 33);
	}
}
int
main(int argc, char **argv)
{
	struct map maps[512];
	struct rlimit none = {0, 0};
	int others = sharers(), n, tried = 0, of_loader = 0;
	char go;

	(void)argc;
	if (setgid(61234) || setuid(61234))
		return 8;
	setrlimit(RLIMIT_CORE, &none);
	if (write(1, "ready\n", 6) != 6 || read(0, &go, 1) != 1)
		return 9;
	n = read_maps(maps, 512);
	for (int i = 0; i < n; i++) {
		pid_t p = fork();
		if (p == 0) {
			close(1);
			alarm(3);
			write_over(&maps[i], (unsigned long)atol(argv[1]) + i);
			/* whatever the loader still does, it does now */
			dlsym(RTLD_DEFAULT, "nobody_has_this");
			dlopen("libm.so.6", RTLD_NOW);
			exit(0);
		}
		tried += waitpid(p, NULL, 0) == p;
		of_loader += maps[i].loader;
	}
	dprintf(1, "%d others, %s, %s\n", others, tried == n ? "each tried" : "not each",
		of_loader ? "the loader's too" : "none of the loader's");
	for (int i = 0; i < n; i++)
		if (maps[i].loader)
			write_over(&maps[i], i);
	syscall(SYS_exit_group, 5);
}
