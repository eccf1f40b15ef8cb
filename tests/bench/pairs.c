/*
 * pairs: time several ways of running one program, interleaved by chance, and print their medians.
 *
 * Usage: pairs RUNS WAY... -- PROGRAM [ARGUMENT]...
 * A WAY is words, split at spaces, that are put before the program; "" runs it as it is, NAME=VALUE
 * with that variable in its environment. Output goes to /dev/null. Prints a line for each way:
 * medians in microseconds of the whole run and of the time to the program's entry point (0 where
 * that cannot be seen), and minor faults of the last run.
 *
 * The entry point is seen by a uprobe in the program's file (root only). That costs time whenever
 * the program's text is mapped, so those are runs of their own, after the others.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 1000
#define MAX_WAYS 8
#define MAX_ARGS 256
#define TRACING "/sys/kernel/tracing/"
#define INSTANCE TRACING "instances/xipld-bench/"

extern char **environ;

struct way {
	char *variable; /* NAME=VALUE, or NULL */
	char *argv[MAX_ARGS];
	double whole[MAX_RUNS], entry[MAX_RUNS];
	long faults;
	int status;
};

static posix_spawn_file_actions_t quiet;
static bool probing;

static bool
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_APPEND | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Offset in the file of its entry point, or 0. */
static unsigned long
entry_offset(const char *path)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	unsigned long offset = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &eh, sizeof(eh), 0) == (ssize_t)sizeof(eh) &&
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) == 0)
		for (int i = 0; i < eh.e_phnum; i++)
			if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) ==
				    (ssize_t)sizeof(ph) &&
			    ph.p_type == PT_LOAD && eh.e_entry - ph.p_vaddr < ph.p_filesz)
				offset = eh.e_entry - ph.p_vaddr + ph.p_offset;
	close(fd);
	return offset;
}

static void
probe_stop(void)
{
	put(INSTANCE "events/xipld_bench/enable", "0");
	rmdir(INSTANCE);
	put(TRACING "uprobe_events", "-:xipld_bench/entry");
}

static bool
probe_start(const char *program)
{
	char path[PATH_MAX], text[PATH_MAX + 64];

	if (!realpath(program, path) || !entry_offset(path))
		return false;
	probe_stop();
	snprintf(text, sizeof(text), "p:xipld_bench/entry %s:0x%lx", path, entry_offset(path));
	if (!put(TRACING "uprobe_events", text))
		return false;
	if ((mkdir(INSTANCE, 0700) < 0 && errno != EEXIST) ||
	    !put(INSTANCE "trace_clock", "mono") ||
	    !put(INSTANCE "events/xipld_bench/enable", "1")) {
		probe_stop();
		return false;
	}
	return true;
}

/* When the entry point was first come to, in microseconds of the monotonic clock; then forget. */
static double
probe_take(void)
{
	char line[1024];
	double at = 0;
	FILE *f = fopen(INSTANCE "trace", "r");

	while (f && at == 0 && fgets(line, sizeof(line), f)) {
		char *colon = strstr(line, ": entry:"), *start = colon;

		if (line[0] == '#' || !colon)
			continue;
		while (start > line && start[-1] != ' ')
			start--;
		at = strtod(start, NULL) * 1e6;
	}
	if (f)
		fclose(f);
	put(INSTANCE "trace", "\n");
	return at;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
unset(const char *variable)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(variable, "="), variable);
	unsetenv(name);
}

static void
run(struct way *w, int n)
{
	struct rusage usage;
	double start, entry;
	pid_t pid;

	w->status = -1;
	if (w->variable)
		putenv(w->variable);
	start = now();
	if (posix_spawnp(&pid, w->argv[0], &quiet, NULL, w->argv, environ) != 0 ||
	    wait4(pid, &w->status, 0, &usage) < 0)
		return;
	if (!probing)
		w->whole[n] = now() - start;
	if (w->variable)
		unset(w->variable);
	w->faults = usage.ru_minflt;
	if (probing) {
		entry = probe_take();
		w->entry[n] = entry > start ? entry - start : 0;
	}
}

/*
 * By chance: what runs behind another of its kind finds its files, and the kernel's paths for them,
 * in the processor's caches, which is worth 2 % of a small program's run.
 */
static void
shuffle(struct way **order, int count)
{
	for (int i = count - 1; i > 0; i--) {
		int k = rand() % (i + 1);
		struct way *w = order[i];

		order[i] = order[k];
		order[k] = w;
	}
}

/* All ways in some order, so many times. False if one ends otherwise than the first. */
static bool
run_all(struct way *ways, int count, int runs)
{
	struct way *order[MAX_WAYS];

	for (int w = 0; w < count; w++)
		order[w] = &ways[w];
	for (int i = -3; i < runs; i++) { /* three to warm up: the first publishes */
		shuffle(order, count);
		for (int w = 0; w < count; w++)
			run(order[w], i < 0 ? 0 : i);
		for (int w = 1; w < count; w++)
			if (ways[w].status != ways[0].status) {
				fprintf(stderr, "pairs: %s: wait status %d against %d\n",
					ways[w].argv[0], ways[0].status, ways[w].status);
				return false;
			}
	}
	return true;
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

static void
make_way(struct way *w, char *words, char **program)
{
	int n = 0;

	for (char *word = strtok(words, " "); word && n < MAX_ARGS / 2; word = strtok(NULL, " "))
		if (strchr(word, '=') && n == 0)
			w->variable = word;
		else
			w->argv[n++] = word;
	while (*program && n < MAX_ARGS - 1)
		w->argv[n++] = *program++;
}

int
main(int argc, char **argv)
{
	static struct way ways[MAX_WAYS];
	int runs, count = 0, at = 2;

	while (at < argc && strcmp(argv[at], "--"))
		at++;
	if (at + 1 >= argc || at < 3 || at - 2 > MAX_WAYS || (runs = atoi(argv[1])) < 1 ||
	    runs > MAX_RUNS) {
		fprintf(stderr, "usage: pairs RUNS WAY... -- PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	for (int i = 2; i < at; i++)
		make_way(&ways[count++], argv[i], argv + at + 1);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	if (!run_all(ways, count, runs))
		return 1;
	probing = probe_start(argv[at + 1]);
	if (probing && !run_all(ways, count, runs))
		count = 0;
	if (probing)
		probe_stop();
	for (int w = 0; w < count; w++)
		printf("%.0f %.0f %ld\n", median(ways[w].whole, runs), median(ways[w].entry, runs),
		       ways[w].faults);
	return count == 0;
}
