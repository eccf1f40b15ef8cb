/* The sub-command: shmstat advise FILE... */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/command_line.h"
#include "shmstat/advise/advice.h"
#include "shmstat/advise/data.h"
#include "shmstat/advise/text.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/out/printable.h"
#include "shmstat/sym/debugfile.h"

enum { OPT_PAGES = 256, OPT_NO_LINES, OPT_NO_DEMANGLE, OPT_DEBUG, OPT_CSV };

static const char before_options[] =
	"Usage: shmstat advise [OPTION]... FILE...\n"
	"Say which pages of programs and libraries are relocated at load, by section, symbol and\n"
	"source line, and what would make them fewer.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'n', 'n', OPTION_WANTS_VALUE, "top", " N", "N entries of each list (20; 0: all)"},
	{'l', 'l', OPTION_ALONE, "by-line", "", "also by source line"},
	{OPT_PAGES, 0, OPTION_ALONE, "pages", "", "also page by page"},
	{OPT_NO_LINES, 0, OPTION_ALONE, "no-lines", "", "do not read DWARF"},
	{OPT_NO_DEMANGLE, 0, OPTION_ALONE, "no-demangle", "", "symbols as they are in the file"},
	{OPT_DEBUG, 0, OPTION_WANTS_VALUE, "debug-directory", " DIR", ""},
	{0, 0, OPTION_TEXT, "", "", "look for debug files there (/usr/lib/debug)"},
	{'j', 'j', OPTION_ALONE, "json", "", "as JSON"},
	{OPT_CSV, 0, OPTION_ALONE, "csv", "", "symbols as comma-separated values"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
	{'V', 'V', OPTION_ALONE, "version", "", "print the version"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 26};

static const char after_options[] =
	"\n"
	"Exit status: 0, 1 if a file could not be read, 2 for wrong usage.\n";

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, after_options);
}

static bool
parse_number(const char *s, size_t *n)
{
	char *end;

	errno = 0;
	*n = strtoul(s, &end, 10);
	return errno == 0 && *s >= '0' && *s <= '9' && *end == '\0';
}

/* Returns -1 to go on, else the exit status. */
static int
parse_options(struct command_line *line, struct advise_options *options)
{
	int letter;

	while ((letter = command_line_option(line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'n':
			if (parse_number(line->value, &options->top))
				break;
			fprintf(stderr, "shmstat: advise: %s: not a number\n", line->value);
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
			debugfile_directory(line->value);
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
	if (line->next < line->argc && !(options->json && options->csv))
		return -1;
	usage(stderr);
	return 2;
}

static int
advise_file(const char *path, const struct advise_options *options, json_t *report,
	    struct error *error)
{
	struct elf_error why = {""};
	struct elffile *f = elffile_open(path, &why);
	struct advice a;

	if (!f) {
		error_format(error, path, 0, "%s", why.text);
		return 1;
	}
	if (!advice_make(&a, f, options->lines)) {
		error_format(error, path, ENOMEM, "%s", "");
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
cmd_advise(int argc, char **argv, struct error *error)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	struct advise_options options = {.demangle = true, .lines = true, .top = 20};
	int status = parse_options(&line, &options);
	json_t *report = NULL;

	if (status >= 0)
		return status;
	status = 0;
	if (options.json)
		report = json_array();
	else if (options.csv)
		advise_csv_heading();
	for (int i = line.next; i < argc; i++) {
		/* the next one's error would cover this one's up */
		if (error_is_set(error))
			error_print(error);
		*error = (struct error){0};
		if (!options.json && !options.csv && i > line.next)
			putchar('\n');
		status |= advise_file(argv[i], &options, report, error);
	}
	if (report) {
		json_dumpf(report, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(report);
	}
	return status;
}
