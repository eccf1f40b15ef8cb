/* Every way of libc's to the path of /proc/self/exe, and to run it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int __xstat(int, const char *, struct stat *);
int __fxstatat(int, int, const char *, struct stat *, int);
#ifdef __x86_64__
int old_spawn(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
	      char *const[], char *const[]);
__asm__(".symver old_spawn, posix_spawn@GLIBC_2.2.5");
char *old_realpath(const char *, char *);
__asm__(".symver old_realpath, realpath@GLIBC_2.2.5");
__asm__(".symver __xstat, __xstat@GLIBC_2.2.5");
__asm__(".symver __fxstatat, __fxstatat@GLIBC_2.4");
#endif
static struct stat own;
static char paths[6][64];

static void
try_exec(int way, const char *path)
{
	char *argv[] = {"again", "ran", NULL};
	int fd;

	switch (way) {
	case 0:
		execl(path, "again", "ran", (char *)NULL);
		break;
	case 1:
		execlp(path, "again", "ran", (char *)NULL);
		break;
	case 2:
		execle(path, "again", "ran", "a", "b", "c", "d", "e", "f", (char *)NULL, environ);
		break;
	case 3:
		execv(path, argv);
		break;
	case 4:
		execveat(AT_FDCWD, path, argv, environ, 0);
		break;
	case 5:
		fexecve(open(path, O_RDONLY), argv, environ);
		break;
	case 6:
		fd = open(path, O_PATH | O_CLOEXEC);
		execveat(fd, "", argv, environ, AT_EMPTY_PATH);
		break;
	}
	printf("way %d: %s\n", way, strerror(errno));
	_exit(1);
}

static void
look(const char *path)
{
	struct stat st;
	struct statx sx;
	char text[PATH_MAX], *real;
	ssize_t len = readlink(path, text, sizeof(text) - 1);
	FILE *file = fopen(path, "r");

	text[len > 0 ? len : 0] = 0;
	printf("%s", strrchr(text, '/'));
	printf(" %d", stat(path, &st) == 0 && st.st_ino == own.st_ino);
	printf(" %d", fstatat(AT_FDCWD, path, &st, 0) == 0 && st.st_ino == own.st_ino);
	printf(" %d",
	       fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode));
	printf(" %d", lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	printf(" %d", statx(AT_FDCWD, path, 0, STATX_INO, &sx) == 0 && sx.stx_ino == own.st_ino);
	printf(" %d", statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &sx) == 0 &&
			      S_ISLNK(sx.stx_mode));
	printf(" %d", file && fstat(fileno(file), &st) == 0 && st.st_ino == own.st_ino);
	printf(" %d %d %d", access(path, W_OK), faccessat(AT_FDCWD, path, W_OK, 0),
	       eaccess(path, X_OK));
#ifdef __x86_64__
	printf(" %d", __xstat(1, path, &st) == 0 && st.st_ino == own.st_ino);
	printf(" %d", __fxstatat(1, AT_FDCWD, path, &st, 0) == 0 && st.st_ino == own.st_ino);
	real = old_realpath(path, text);
	printf(" %s", real ? strrchr(real, '/') : "none");
	errno = 0;
	printf(" %s", old_realpath(path, NULL) ? "allocated" : strerror(errno));
#endif
	real = realpath(path, NULL);
	printf(" %s\n", real ? strrchr(real, '/') : "none");
	if (file)
		fclose(file);
}

static void *
of_thread(void *unused)
{
	snprintf(paths[3], sizeof(paths[3]), "/proc/self/task/%d/exe", gettid());
	snprintf(paths[4], sizeof(paths[4]), "/proc/%d/task/%d/exe", getpid(), gettid());
	look(paths[3]);
	look(paths[4]);
	return unused;
}

int
main(int argc, char **argv)
{
	char *const spawned[] = {"again", "ran", NULL};
	char script[] = "./no_first_line";
	char *const by_shell[] = {script, "shell", NULL};
	pthread_t thread;
	int status;
	pid_t pid;

	if (argc > 1)
		return printf("%s %s\n", argv[0], argv[1]) < 0;
	stat("selfish", &own);
	strcpy(paths[0], "/proc/self/exe");
	strcpy(paths[1], "/proc/thread-self/exe");
	snprintf(paths[2], sizeof(paths[2]), "/proc/%d/exe", getpid());
	for (int i = 0; i < 3; i++)
		look(paths[i]);
	pthread_create(&thread, NULL, of_thread, NULL);
	pthread_join(thread, NULL);
	fflush(stdout);
	for (int way = 0; way < 7; way++) /* /proc/<parent>/exe too */
		for (int i = 0; i < 3; i += 2) {
			if (fork() == 0)
				try_exec(way, paths[i]);
			wait(&status);
			printf("way %d: %d\n", way, status);
			fflush(stdout);
		}
	printf("spawn %d", posix_spawn(&pid, "/proc/self/exe", NULL, NULL, spawned, environ));
	waitpid(pid, &status, 0);
	printf(" %d\n", status);
#ifdef __x86_64__
	fflush(stdout);
	printf("old spawn %d", old_spawn(&pid, "/proc/self/exe", NULL, NULL, spawned, environ));
	waitpid(pid, &status, 0);
	printf(" %d\n", status);
	fflush(stdout);
	printf("old spawn %d", old_spawn(&pid, script, NULL, NULL, by_shell, environ));
	waitpid(pid, &status, 0);
	printf(" %d\n", status);
#endif
	printf("new spawn %s\n",
	       strerror(posix_spawn(&pid, script, NULL, NULL, by_shell, environ)));
	return 0;
}
