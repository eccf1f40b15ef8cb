#include "mkxip/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/command_line.h"
#include "common/must.h"
#include "mkxip/image.h"

enum {
	OPT_PROGRAM = 256,
	OPT_ROOT,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_XIP,
	OPT_PROFILE,
	OPT_MAX_SIZE,
	OPT_ENDIAN,
	OPT_PAD,
	OPT_NAME,
	OPT_EDITION,
	OPT_SQUASH,
	OPT_STRICT,
	OPT_DEVICES,
	OPT_LEVEL,
	OPT_LINK,
	OPT_LOADER,
	OPT_CLASSIC,
	OPT_LIST,
	OPT_CHECK,
	OPT_EXTRACT,
	OPT_JSON,
	OPT_VERSION
};

static const char before_options[] =
	"Usage: mkxip [OPTION]... DIR IMAGE\n"
	"       mkxip [OPTION]... --program PROGRAM... IMAGE\n"
	"       mkxip --list [--json] IMAGE\n"
	"       mkxip --check IMAGE\n"
	"       mkxip --extract IMAGE DIR\n"
	"Pack a directory, or programs with all they need, into a cramfs image from which\n"
	"they can be executed in place; or list, check, unpack such an image.\n"
	"\n";

static const struct option_row option_rows[] = {
	{0, 0, OPTION_HEADING, "", "", "What goes in"},
	{OPT_PROGRAM, 0, OPTION_ALONE, "program", "",
	 "the arguments are programs: pack them with their interpreters"},
	{0, 0, OPTION_TEXT, "", "", "and libraries"},
	{OPT_ROOT, 0, OPTION_WANTS_VALUE, "root", " DIR",
	 "programs, libraries and --include are looked up in DIR, not /"},
	{OPT_INCLUDE, 0, OPTION_WANTS_VALUE, "include", " PATH",
	 "also pack this file or directory (with --program)"},
	{OPT_EXCLUDE, 0, OPTION_WANTS_VALUE, "exclude", " GLOB", "leave out what matches"},
	{OPT_DEVICES, 0, OPTION_WANTS_VALUE, "device-table", " FILE",
	 "add devices and directories, change modes and owners"},
	{OPT_SQUASH, 0, OPTION_ALONE, "squash-owner", "", "all files belong to root"},
	{OPT_STRICT, 0, OPTION_ALONE, "strict", "",
	 "refuse capabilities, access control lists and other extended"},
	{0, 0, OPTION_TEXT, "", "", "attributes, which the format cannot hold"},
	{0, 0, OPTION_HEADING, "", "", "How it is stored"},
	{OPT_XIP, 0, OPTION_WANTS_VALUE, "xip", "=auto|all|none|FILE",
	 "what is stored as it is, on pages of the image: read-only"},
	{0, 0, OPTION_TEXT, "", "",
	 "and executable segments (auto), every page of every file, nothing,"},
	{0, 0, OPTION_TEXT, "", "", "or files that match the patterns in FILE"},
	{OPT_PROFILE, 0, OPTION_WANTS_VALUE, "profile", " FILE",
	 "of those, only pages named in FILE; the others are compressed"},
	{OPT_LINK, 0, OPTION_MAY_HAVE_VALUE, "link", "[=PROGRAM]",
	 "put in what xipld links at a first launch of PROGRAM (of each program"},
	{0, 0, OPTION_TEXT, "", "", "of --program), so that its relocated pages stay in the image"},
	{OPT_LOADER, 0, OPTION_WANTS_VALUE, "loader", " COMMAND",
	 "the xipld that links: another CPU's, with its emulator before it"},
	{OPT_CLASSIC, 0, OPTION_ALONE, "classic", "",
	 "no holes, no extended pointers: for Linux before 4.15"},
	{OPT_LEVEL, 0, OPTION_WANTS_VALUE, "compression-level", " N", "1 to 9 (9)"},
	{OPT_MAX_SIZE, 0, OPTION_WANTS_VALUE, "max-size", " SIZE",
	 "make no image greater than this (K, M, G are understood)"},
	{OPT_ENDIAN, 0, OPTION_WANTS_VALUE, "endian", " little|big", "byte order (this machine's)"},
	{OPT_PAD, 0, OPTION_ALONE, "pad", "", "leave 512 bytes free before the superblock"},
	{OPT_NAME, 0, OPTION_WANTS_VALUE, "name", " NAME", "name of the volume, up to 16 bytes"},
	{OPT_EDITION, 0, OPTION_WANTS_VALUE, "edition", " N", "number of the volume"},
	{OPT_LIST, 0, OPTION_ALONE | OPTION_HIDDEN, "list", "", ""},
	{OPT_CHECK, 0, OPTION_ALONE | OPTION_HIDDEN, "check", "", ""},
	{OPT_EXTRACT, 0, OPTION_ALONE | OPTION_HIDDEN, "extract", "", ""},
	{0, 0, OPTION_HEADING, "", "", "Other"},
	{OPT_JSON, 0, OPTION_ALONE, "json", "", "with --list: JSON"},
	{'q', 'q', OPTION_ALONE, "quiet", "", "no progress"},
	{'v', 'v', OPTION_ALONE, "verbose", "",
	 "say what was stored how, and which library was found where"},
	{'h', 'h', OPTION_ALONE, "help", "", ""},
	{OPT_VERSION, 0, OPTION_ALONE, "version", "", ""},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 26};

static int
usage(const char *text, const char *value)
{
	fprintf(stderr, "mkxip: %s%s%s\nTry 'mkxip --help'.\n", value ? value : "",
		value ? ": " : "", text);
	return 2;
}

/* A number with an optional factor of 1024, 1024^2, 1024^3. */
static bool
number(const char *text, bool factors, uint64_t max, uint64_t *value)
{
	char *end;
	unsigned long long n, factor = 1;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text)
		return false;
	if (factors && *end && strchr("KkMmGg", *end)) {
		factor = 1ULL << (*end == 'K' || *end == 'k'   ? 10
				  : *end == 'M' || *end == 'm' ? 20
							       : 30);
		end++;
	}
	if (*end || n > max / factor)
		return false;
	*value = n * factor;
	return true;
}

static void
add(const char ***list, size_t *count, const char *value)
{
	size_t capacity = *count;

	must_reserve(list, &capacity, *count + 1, sizeof(**list));
	(*list)[(*count)++] = value;
}

static int
set_xip(struct options *o, const char *value)
{
	o->xip_file = NULL;
	if (strcmp(value, "auto") == 0)
		o->xip = XIP_AUTO;
	else if (strcmp(value, "all") == 0)
		o->xip = XIP_ALL;
	else if (strcmp(value, "none") == 0)
		o->xip = XIP_NONE;
	else
		o->xip = XIP_FILE, o->xip_file = value;
	return *value ? -1 : usage("--xip needs auto, all, none or a file", NULL);
}

static int
set_number(struct options *o, int option, const char *value)
{
	uint64_t n;

	if (option == OPT_MAX_SIZE) {
		if (!number(value, true, UINT64_MAX, &o->max_size) || o->max_size == 0)
			return usage("not a size", value);
	} else if (option == OPT_EDITION) {
		if (!number(value, false, UINT32_MAX, &n))
			return usage("not an edition number", value);
		o->edition = (uint32_t)n;
	} else {
		if (!number(value, false, 9, &n) || n == 0)
			return usage("a compression level is 1 to 9", value);
		o->level = (int)n;
	}
	return -1;
}

static int
set_text(struct options *o, int option, const char *value)
{
	switch (option) {
	case OPT_ENDIAN:
		o->big_endian = strcmp(value, "big") == 0;
		if (!o->big_endian && strcmp(value, "little") != 0)
			return usage("a byte order is little or big", value);
		break;
	case OPT_NAME:
		if (strlen(value) > 16)
			return usage("a volume's name has at most 16 bytes", value);
		o->name = value;
		break;
	case OPT_ROOT:
		o->root = value;
		break;
	case OPT_INCLUDE:
		add(&o->includes, &o->nincludes, value);
		break;
	case OPT_EXCLUDE:
		add(&o->excludes, &o->nexcludes, value);
		break;
	case OPT_LINK:
		o->link = true;
		add(&o->links, &o->nlinks, value);
		break;
	case OPT_LOADER:
		o->loader = value;
		break;
	case OPT_PROFILE:
		o->profile = value;
		break;
	case OPT_DEVICES:
		o->device_table = value;
		break;
	}
	return -1;
}

static int
set_switch(struct options *o, int option)
{
	switch (option) {
	case OPT_PROGRAM:
		o->programs = true;
		break;
	case OPT_LINK: /* without a name */
		o->link = true;
		break;
	case OPT_PAD:
		o->pad = true;
		break;
	case OPT_SQUASH:
		o->squash_owner = true;
		break;
	case OPT_STRICT:
		o->strict = true;
		break;
	case OPT_CLASSIC:
		o->classic = true;
		break;
	case OPT_LIST:
		o->command = COMMAND_LIST;
		break;
	case OPT_CHECK:
		o->command = COMMAND_CHECK;
		break;
	case OPT_EXTRACT:
		o->command = COMMAND_EXTRACT;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'h':
		command_line_help(stdout, before_options, &option_table, "");
		return 0;
	case OPT_VERSION:
		puts("mkxip (xipld) " XIPLD_VERSION);
		return 0;
	default: /* getopt has said what is wrong */
		fputs("Try 'mkxip --help'.\n", stderr);
		return 2;
	}
	return -1;
}

static int
check_arguments(const struct options *o)
{
	if (o->command == COMMAND_LIST || o->command == COMMAND_CHECK)
		return o->narguments == 1 ? -1 : usage("one image is needed", NULL);
	if (o->command == COMMAND_EXTRACT)
		return o->narguments == 2 ? -1 : usage("an image and a directory are needed", NULL);
	if (o->classic && (o->xip == XIP_ALL || o->xip == XIP_FILE || o->profile))
		return usage("--classic images cannot have pages for execution in place", NULL);
	if (o->link && (o->classic || o->xip == XIP_NONE))
		return usage("--link needs pages for execution in place", NULL);
	if (o->loader && (!o->link || !*o->loader))
		return usage(o->link ? "--loader needs a command" : "--loader is for --link", NULL);
	if (o->link && o->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		return usage("--link links for this machine: not with --endian", NULL);
	if (o->link && !o->programs && !o->nlinks)
		return usage("--link needs a program, unless --program names some", NULL);
	if (o->programs)
		return o->narguments >= 2 ? -1 : usage("programs and an image are needed", NULL);
	if (o->nincludes || strcmp(o->root, "/") != 0)
		return usage("--root and --include go with --program", NULL);
	return o->narguments == 2 ? -1 : usage("a directory and an image are needed", NULL);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	int option;

	*o = (struct options){.root = "/", .name = "xip", .level = 9};
	o->big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	while ((option = command_line_option(&line)) != COMMAND_LINE_END) {
		int status;

		if (option == OPT_XIP)
			status = set_xip(o, line.value);
		else if (option == OPT_MAX_SIZE || option == OPT_EDITION || option == OPT_LEVEL)
			status = set_number(o, option, line.value);
		else if (line.value)
			status = set_text(o, option, line.value);
		else
			status = set_switch(o, option);
		if (status >= 0)
			return status;
	}
	o->arguments = argv + line.next;
	o->narguments = argc - line.next;
	if (o->classic)
		o->xip = o->xip == XIP_AUTO ? XIP_NONE : o->xip;
	return check_arguments(o);
}
