/*
 * pairs: time two ways of running one program, in interleaved pairs, and print the medians.
 *
 * Usage: pairs RUNS LOADER PROGRAM [ARGUMENT]...
 * LOADER is a command line, split at spaces, that is put before the program for the second way.
 * Output goes to /dev/null. Prints one line: medians in microseconds of both, their ratio, and
 * minor faults of both.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 1000
#define MAX_ARGS 256

extern char **environ;

static posix_spawn_file_actions_t quiet;

static int
run(char **argv, double *us, long *faults)
{
	struct timespec a, b;
	struct rusage usage;
	pid_t pid;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &a);
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) != 0)
		return -1;
	if (wait4(pid, &status, 0, &usage) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	*us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	*faults = usage.ru_minflt;
	return status;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *list, int count)
{
	qsort(list, (size_t)count, sizeof(*list), compare);
	return count & 1 ? list[count / 2] : (list[count / 2 - 1] + list[count / 2]) / 2;
}

int
main(int argc, char **argv)
{
	static double times[2][MAX_RUNS];
	long faults[2];
	char *other[MAX_ARGS];
	int runs, n = 0, status[2];

	if (argc < 4 || argc > MAX_ARGS / 2 || (runs = atoi(argv[1])) < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: pairs RUNS LOADER PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	for (char *word = strtok(argv[2], " "); word && n < MAX_ARGS / 2; word = strtok(NULL, " "))
		other[n++] = word;
	for (int i = 3; i <= argc; i++)
		other[n++] = argv[i];
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (int i = -3; i < runs; i++) { /* three to warm up: the first publishes */
		int at = i < 0 ? 0 : i;

		status[0] = run(argv + 3, &times[0][at], &faults[0]);
		status[1] = run(other, &times[1][at], &faults[1]);
		if (status[0] != status[1]) {
			fprintf(stderr, "pairs: %s: wait status %d against %d\n", argv[3],
				status[0], status[1]);
			return 1;
		}
	}
	double a = median(times[0], runs), b = median(times[1], runs);

	printf("%s %.0f %.0f %.3f %ld %ld\n", argv[3], a, b, a / b, faults[0], faults[1]);
	return 0;
}
