/* The sub-command: shmstat advise FILE... */
#include "shmstat/advise/advise.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/sym/debugfile.h"
#include "shmstat/out/printable.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static void
usage(FILE *to)
{
	fputs("Usage: shmstat advise [OPTION]... FILE...\n"
	      "Say which pages of programs and libraries are relocated at load, by section, symbol "
	      "and\n"
	      "source line, and what would make them fewer.\n"
	      "\n"
	      "  -n, --top N             N entries of each list (20; 0: all)\n"
	      "  -l, --by-line           also by source line\n"
	      "      --pages             also page by page\n"
	      "      --no-lines          do not read DWARF\n"
	      "      --no-demangle       symbols as they are in the file\n"
	      "      --debug-directory DIR\n"
	      "                          look for debug files there (/usr/lib/debug)\n"
	      "  -j, --json              as JSON\n"
	      "      --csv               symbols as comma-separated values\n"
	      "  -h, --help              print this text\n"
	      "  -V, --version           print the version\n"
	      "\n"
	      "Exit status: 0, 1 if a file could not be read, 2 for wrong usage.\n",
	      to);
}

enum { OPT_PAGES = 256, OPT_NO_LINES, OPT_NO_DEMANGLE, OPT_DEBUG, OPT_CSV };

static const struct option longopts[] = {
	{"top", required_argument, NULL, 'n'},
	{"by-line", no_argument, NULL, 'l'},
	{"pages", no_argument, NULL, OPT_PAGES},
	{"no-lines", no_argument, NULL, OPT_NO_LINES},
	{"no-demangle", no_argument, NULL, OPT_NO_DEMANGLE},
	{"debug-directory", required_argument, NULL, OPT_DEBUG},
	{"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, OPT_CSV},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static bool
take_number(const char *s, size_t *n)
{
	char *end;

	errno = 0;
	*n = strtoul(s, &end, 10);
	return errno == 0 && *s >= '0' && *s <= '9' && *end == '\0';
}

/* Returns -1 to go on, else the exit status. */
static int
take_options(int argc, char **argv, struct advise_options *options)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "n:ljhV", longopts, NULL)) != -1) {
		switch (letter) {
		case 'n':
			if (take_number(optarg, &options->top))
				break;
			fprintf(stderr, "shmstat: advise: %s: not a number\n", optarg);
			return 2;
		case 'l':
			options->by_line = true;
			break;
		case OPT_PAGES:
			options->pages = true;
			break;
		case OPT_NO_LINES:
			options->lines = false;
			break;
		case OPT_NO_DEMANGLE:
			options->demangle = false;
			break;
		case OPT_DEBUG:
			debugfile_directory(optarg);
			break;
		case 'j':
			options->json = true;
			break;
		case OPT_CSV:
			options->csv = true;
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
	if (optind < argc && !(options->json && options->csv))
		return -1;
	usage(stderr);
	return 2;
}

static int
advise_file(const char *path, const struct advise_options *options, json_t *report,
	    struct fault *fault)
{
	struct elf_fault why = {""};
	struct elffile *f = elffile_open(path, &why);
	struct advice a;

	if (!f) {
		fault_set(fault, path, 0, "%s", why.text);
		return 1;
	}
	if (!advice_make(&a, f, options->lines)) {
		fault_set(fault, path, ENOMEM, "%s", "");
		elffile_close(f);
		return 1;
	}
	if (options->json)
		json_array_append_new(report, advise_json(&a, options));
	else if (options->csv)
		advise_csv(&a, options);
	else
		advise_text(&a, options);
	advice_free(&a);
	elffile_close(f);
	return 0;
}

int
cmd_advise(int argc, char **argv, struct fault *fault)
{
	struct advise_options options = {.demangle = true, .lines = true, .top = 20};
	int status = take_options(argc, argv, &options);
	json_t *report = NULL;

	if (status >= 0)
		return status;
	status = 0;
	if (options.json)
		report = json_array();
	else if (options.csv)
		advise_csv_heading();
	for (int i = optind; i < argc; i++) {
		/* the next one's fault would cover this one's up */
		if (fault->text[0])
			fault_print(fault);
		fault->text[0] = '\0';
		if (!options.json && !options.csv && i > optind)
			putchar('\n');
		status |= advise_file(argv[i], &options, report, fault);
	}
	if (report) {
		json_dumpf(report, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(report);
	}
	return status;
}
