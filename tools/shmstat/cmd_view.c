/*
 * shmstat: shared and private pages of processes, object by object.
 *
 * Without arguments, of every process that xipld launched; else of those named, whoever launched
 * them.
 */
#include "commands.h"
#include "maps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	bool json, summary, all;
} opts;

static json_t *report; /* --json: an array of processes */

/* One line of the table: an object, that is all mappings of one file. */
struct row {
	const char *path;
	struct pages pages;
	enum page_class class;
};

/* File names come from whoever made the files: show nothing that a terminal would obey. */
static void
print_escaped(const char *s)
{
	for (; *s; s++) {
		if (iscntrl((unsigned char)*s))
			printf("\\%03o", (unsigned char)*s);
		else
			putchar(*s);
	}
}

static int
by_private(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint64_t p = x->pages.private_file + x->pages.private_copy,
		 q = y->pages.private_file + y->pages.private_copy;

	if (p != q)
		return p < q ? 1 : -1;
	return strcmp(x->path, y->path);
}

static const char *
row_name(const struct mapping *m)
{
	return m->path[0] ? m->path : "[anonymous]";
}

static size_t
make_rows(const struct process *p, struct row *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct mapping *m = &p->maps[i];
		size_t k = 0;

		while (k < count && strcmp(rows[k].path, row_name(m)) != 0)
			k++;
		if (k == count)
			rows[count++] =
				(struct row){.path = row_name(m), .class = mapping_class(m)};
		pages_add(&rows[k].pages, &m->pages);
	}
	qsort(rows, count, sizeof(*rows), by_private);
	return count;
}

static void
print_pages(const struct pages *p)
{
	printf("%9llu %9llu %9llu %9llu %9llu", (unsigned long long)p->mapped,
	       (unsigned long long)p->resident, (unsigned long long)p->shared,
	       (unsigned long long)p->private_file, (unsigned long long)p->private_copy);
}

static json_t *
json_pages(const struct pages *p)
{
	return json_pack("{sI sI sI sI sI sI}", "mapped", (json_int_t)p->mapped, "resident",
			 (json_int_t)p->resident, "shared", (json_int_t)p->shared, "private_file",
			 (json_int_t)p->private_file, "private_copy", (json_int_t)p->private_copy,
			 "swapped", (json_int_t)p->swapped);
}

static void
add_json(const struct process *p, const struct row *rows, size_t count, const struct pages *sum)
{
	json_t *objects = json_array();
	/* names may be any bytes: what is not UTF-8 is left out by json_stringn */
	json_t *name = json_string(p->name);

	for (size_t i = 0; i < count; i++) {
		json_t *path = json_string(rows[i].path);

		json_array_append_new(objects, json_pack("{so ss so}", "path",
							 path ? path : json_string("?"), "class",
							 page_class_name(rows[i].class), "pages",
							 json_pages(&rows[i].pages)));
	}
	json_array_append_new(report,
			      json_pack("{si so sb sb sI so so}", "pid", (int)p->pid, "name",
					name ? name : json_string("?"), "xipld", p->from_xipld,
					"exact", p->exact, "table_kb", (json_int_t)p->table_kb,
					"sum", json_pages(sum), "objects", objects));
}

static void
print_process(const struct process *p)
{
	struct row *rows = calloc(p->count + 1, sizeof(*rows));
	struct pages sum = {0};
	size_t count;

	if (!rows)
		return;
	count = make_rows(p, rows);
	for (size_t i = 0; i < count; i++)
		pages_add(&sum, &rows[i].pages);
	if (opts.json) {
		add_json(p, rows, count, &sum);
	} else {
		if (!opts.summary) {
			printf("%d ", (int)p->pid);
			print_escaped(p->name);
			printf("%s, counted from %s\n", p->from_xipld ? " (launched by xipld)" : "",
			       p->exact ? "page frames" : "smaps");
			printf("%9s %9s %9s %9s %9s  %s\n", "mapped", "resident", "shared",
			       "private", "copied", "object");
		}
		for (size_t i = 0; i < count && !opts.summary; i++) {
			print_pages(&rows[i].pages);
			printf("  ");
			print_escaped(rows[i].path);
			if (rows[i].class == CLASS_LINKED || rows[i].class == CLASS_CLOSURE)
				printf(" (%s)", page_class_name(rows[i].class));
			putchar('\n');
		}
		print_pages(&sum);
		if (opts.summary) {
			printf("  %d ", (int)p->pid);
			print_escaped(p->name);
			putchar('\n');
		} else {
			printf("  sum, and %llu kB of page tables\n\n",
			       (unsigned long long)p->table_kb);
		}
	}
	free(rows);
}

/* Returns 0, or 1 after a message. `wanted`: named on the command line, so its absence is an error.
 */
static int
show(pid_t pid, bool wanted)
{
	struct process p;
	int error = process_read(&p, pid);

	if (error) {
		if (!wanted)
			return 0;
		fprintf(stderr, "shmstat: process %d: %s (/proc/%d/smaps)\n", (int)pid,
			strerror(error), (int)pid);
		return 1;
	}
	if (wanted || opts.all || p.from_xipld)
		print_process(&p);
	process_free(&p);
	return 0;
}

static int
show_all(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc) {
		fprintf(stderr, "shmstat: /proc: %s\n", strerror(errno));
		return 1;
	}
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			show((pid_t)atoi(entry->d_name), false);
	closedir(proc);
	return 0;
}

static void
usage(FILE *to)
{
	fputs("Usage: shmstat [OPTION]... [PID]...\n"
	      "Print mapped, resident, shared and private pages of processes, object by object.\n"
	      "Without PID: of every process that xipld launched.\n"
	      "\n"
	      "  -a, --all       of all processes, whoever launched them\n"
	      "  -s, --summary   one line for each process\n"
	      "  -j, --json      as JSON\n"
	      "  -h, --help      print this text\n"
	      "  -V, --version   print the version\n"
	      "\n"
	      "Columns, in pages: mapped; resident; shared with another process; private,\n"
	      "but the file's own page; copied, that is memory of this process alone.\n"
	      "Exit status: 0, 1 if a process could not be read, 2 for wrong usage.\n",
	      to);
}

static int
show_named(char **names)
{
	int status = 0;

	for (; *names; names++) {
		char *end;
		long pid = strtol(*names, &end, 10);

		if (*end || pid <= 0 || pid > 1 << 30) {
			fprintf(stderr, "shmstat: %s: not a process number\n", *names);
			return 2;
		}
		status |= show((pid_t)pid, true);
	}
	return status;
}

int
cmd_view(int argc, char **argv, struct fault *fault)
{
	static const struct option longopts[] = {
		{"all", no_argument, NULL, 'a'},     {"summary", no_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},    {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
	};
	int letter, status;

	(void)fault;

	while ((letter = getopt_long(argc, argv, "asjhV", longopts, NULL)) != -1) {
		switch (letter) {
		case 'a':
			opts.all = true;
			break;
		case 's':
			opts.summary = true;
			break;
		case 'j':
			opts.json = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("shmstat " XIPLD_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (opts.json)
		report = json_array();
	else if (opts.summary)
		printf("%9s %9s %9s %9s %9s  %s\n", "mapped", "resident", "shared", "private",
		       "copied", "process");
	status = optind < argc ? show_named(argv + optind) : show_all();
	if (opts.json) {
		json_dumpf(report, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(report);
	}
	return status;
}
