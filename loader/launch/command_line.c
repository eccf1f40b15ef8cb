#include "launch/command_line.h"

#include "base/process_args.h"
#include "lib/options.h"

static const char before_options[] =
	"Usage: xipld [OPTION]... PROGRAM [ARGUMENT]...\n"
	"Run PROGRAM, loaded and linked by xipld instead of its own dynamic linker.\n"
	"\n";

enum option_number {
	OPT_LIST,
	OPT_LINK_ONLY,
	OPT_PREPARE,
	OPT_BINDINGS,
	OPT_PRELOAD,
	OPT_LIBRARY_PATH,
	OPT_ARGV0,
	OPT_SHARE,
	OPT_PRIVATE,
	OPT_PUBLISH,
	OPT_TREE,
	OPT_STORE,
	OPT_IMAGE,
	OPT_BIND,
	OPT_LINK_SEED,
	OPT_STRICT,
	OPT_STATS,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION
};

static const struct option_row option_rows[] = {
	{OPT_LIST, 0, OPTION_ALONE, "list", "",
	 "list the objects that PROGRAM needs, and run nothing"},
	{OPT_LINK_ONLY, 0, OPTION_ALONE, "link-only", "",
	 "load and link PROGRAM, and stop before any of its code runs"},
	{OPT_PREPARE, 0, OPTION_ALONE, "prepare", "",
	 "publish PROGRAM's plan, and stop before any of its code runs"},
	{OPT_LINK_SEED, 0, OPTION_WANTS_VALUE, "link-seed", " HEX",
	 "with --image and --prepare: as mkxip --link wants it"},
	{OPT_BINDINGS, 0, OPTION_ALONE, "bindings", "",
	 "link privately, print what each symbol binds to, and stop"},
	{OPT_PRELOAD, 0, OPTION_WANTS_VALUE, "preload", " LIST",
	 "objects to load first, as LD_PRELOAD has them"},
	{OPT_LIBRARY_PATH, 0, OPTION_WANTS_VALUE, "library-path", " LIST",
	 "directories to search, in place of LD_LIBRARY_PATH"},
	{OPT_ARGV0, 0, OPTION_WANTS_VALUE, "argv0", " NAME", "give PROGRAM this argv[0]"},
	{OPT_SHARE, 0, OPTION_WANTS_VALUE, "share", "=all",
	 "share relocated pages too, at fixed addresses (default)"},
	{OPT_SHARE, 0, OPTION_WANTS_VALUE, "share", "=text",
	 "share read-only pages only; addresses are random"},
	{OPT_PRIVATE, 0, OPTION_ALONE, "private", "", "use no store"},
	{OPT_PUBLISH, 0, OPTION_WANTS_VALUE, "publish", "=ask",
	 "without a plan: ask a publisher for one (default)"},
	{OPT_PUBLISH, 0, OPTION_WANTS_VALUE, "publish", "=now", "publish one, and then run"},
	{OPT_PUBLISH, 0, OPTION_WANTS_VALUE, "publish", "=never", "write and ask nothing"},
	{OPT_TREE, 0, OPTION_ALONE, "tree", "",
	 "be the interpreter of PROGRAM and all that it starts"},
	{OPT_STORE, 0, OPTION_WANTS_VALUE, "store", " DIR", "keep shared pages in DIR"},
	{OPT_IMAGE, 0, OPTION_WANTS_VALUE, "image", " IMAGE",
	 "run PROGRAM from this cramfs image, file or device"},
	{OPT_BIND, 0, OPTION_WANTS_VALUE, "bind", " DIR[:PLACE]",
	 "show this file or directory in the image, too"},
	{OPT_STRICT, 0, OPTION_ALONE, "strict", "",
	 "refuse with status 126 what xipld cannot load itself"},
	{OPT_STATS, 0, OPTION_ALONE, "stats", "", "print counts and times to standard error"},
	{OPT_VERBOSE, 'v', OPTION_ALONE, "verbose", "",
	 "say what is done, and why a program is left to the kernel"},
	{OPT_HELP, 'h', OPTION_ALONE, "help", "", "print this text"},
	{OPT_VERSION, 'V', OPTION_ALONE, "version", "", "print the version"},
};

static const char after_options[] =
	"\n"
	"Exit status: 127 if PROGRAM or a library is not found or does not link,\n"
	"126 if PROGRAM cannot be run, else PROGRAM's own.\n";

/* Filled by code, member by member: a pointer that is there from the start would be a relocation.
 */
static void
get_table(struct option_table *t)
{
	t->rows = option_rows;
	t->count = sizeof(option_rows) / sizeof(option_rows[0]);
	t->column = 28;
}

static void
print_help(void)
{
	struct option_table table;
	char lines[4096];
	size_t size;

	get_table(&table);
	size = options_help(&table, lines, sizeof(lines));
	sys_write(1, before_options, sizeof(before_options) - 1);
	sys_write(1, lines, size < sizeof(lines) ? size : sizeof(lines) - 1);
	sys_write(1, after_options, sizeof(after_options) - 1);
}

static _Noreturn void
usage(const char *arg, const char *what)
{
	message_die(127, "xipld: %s: %s (try 'xipld --help')\n", arg, what);
}

/* DIR[:PLACE]: the argument is taken apart where it stands. */
static void
add_bind(const char *value)
{
	char *colon = strchr(value, ':');

	if (options.nbinds == MAX_BINDS)
		usage(value, "too many --bind");
	option_binds[options.nbinds].from = value;
	option_binds[options.nbinds].to = colon ? colon + 1 : value;
	options.nbinds++;
	if (colon)
		*colon = 0;
}

static uint64_t
hexadecimal(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t n = 0;

	for (const char *p = text; *p; p++) {
		const char *digit = strchr(digits, *p);

		if (digit && p - text < 16)
			n = n << 4 | (uint64_t)(digit - digits);
		else
			usage(text, "--link-seed takes up to 16 hexadecimal digits");
	}
	if (!n)
		usage(text, "--link-seed takes a number that is not 0");
	return n;
}

static enum share
share_of(const char *text)
{
	if (!streq(text, "all") && !streq(text, "text"))
		usage(text, "--share takes all or text");
	return streq(text, "text") ? SHARE_TEXT : SHARE_ALL;
}

static enum publish
publish_of(const char *text)
{
	static const char names[][8] = {
		[PUBLISH_ASK] = "ask", [PUBLISH_NOW] = "now", [PUBLISH_NEVER] = "never"};

	for (size_t i = PUBLISH_ASK; i < sizeof(names) / sizeof(names[0]); i++)
		if (streq(text, names[i]))
			return (enum publish)i;
	return PUBLISH_UNSAID;
}

static enum publish
publish_said(const char *text)
{
	enum publish publish = publish_of(text);

	if (publish == PUBLISH_UNSAID)
		usage(text, "--publish takes ask, now or never");
	return publish;
}

void
options_read_environment(void)
{
	const char *said = process_args_getenv(&process_args, "XIPLD_PUBLISH");

	if (options.prepare)
		options.publish = PUBLISH_NOW;
	else if (options.publish == PUBLISH_UNSAID && said)
		options.publish = publish_of(said);
	/* of an image's programs no publisher knows, and its pages are imported anyway */
	if (options.publish == PUBLISH_UNSAID)
		options.publish = options.image ? PUBLISH_NOW : PUBLISH_ASK;
}

/* Options that stand alone. False: it is none of them. */
static bool
apply_switch(enum option_number number)
{
	switch (number) {
	case OPT_LIST:
		return options.list = true;
	case OPT_LINK_ONLY:
		return options.link_only = true;
	case OPT_PREPARE:
		return options.prepare = true;
	case OPT_BINDINGS:
		return options.bindings = options.link_only = true;
	case OPT_STRICT:
		return options.strict = true;
	case OPT_STATS:
		return options.stats = true;
	case OPT_VERBOSE:
		return options.verbose = true;
	case OPT_TREE:
		return options.tree = true;
	case OPT_PRIVATE:
		options.share = SHARE_PRIVATE;
		return true;
	case OPT_HELP:
		print_help();
		sys_exit(0);
	case OPT_VERSION:
		message_print(1, "xipld %s\n", XIPLD_VERSION);
		sys_exit(0);
	default:
		return false;
	}
}

static void
apply_value(enum option_number number, const char *value)
{
	switch (number) {
	case OPT_PRELOAD:
		options.preload = value;
		break;
	case OPT_LIBRARY_PATH:
		options.library_path = value;
		break;
	case OPT_ARGV0:
		options.argv0 = value;
		break;
	case OPT_SHARE:
		options.share = share_of(value);
		break;
	case OPT_PUBLISH:
		options.publish = publish_said(value);
		break;
	case OPT_STORE:
		options.store = value;
		break;
	case OPT_IMAGE:
		options.image = value;
		break;
	case OPT_BIND:
		add_bind(value);
		break;
	case OPT_LINK_SEED:
		options.link_seed = hexadecimal(value);
		break;
	default:
		break;
	}
}

int
options_parse(int argc, char **argv)
{
	struct option_table table;
	int i = 1;

	get_table(&table);
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const struct option_row *option;
		const char *value;

		if (streq(argv[i], "--")) {
			i++;
			break;
		}
		option = options_find(&table, argv[i], &value);
		if (!option) {
			usage(argv[i], "unknown option");
			break; /* not reached */
		}
		if (option->value == OPTION_WANTS_VALUE && !value) {
			if (++i == argc)
				usage(argv[i - 1], "option wants a value");
			value = argv[i];
		} else if (option->value == OPTION_ALONE && value) {
			usage(argv[i], "option takes no value");
		}
		if (!apply_switch((enum option_number)option->number))
			apply_value((enum option_number)option->number, value);
	}
	if (options.nbinds && !options.image)
		usage("--bind", "only with --image");
	if (options.link_seed && !(options.image && options.prepare))
		usage("--link-seed", "only with --image and --prepare");
	if (i == argc)
		usage("PROGRAM", "not given");
	return i;
}

static void
move(const char **at, uintptr_t low, uintptr_t high, intptr_t by)
{
	if ((uintptr_t)*at - low < high - low)
		*at += by;
}

void
options_move(uintptr_t low, uintptr_t high, intptr_t by)
{
	move(&options.preload, low, high, by);
	move(&options.library_path, low, high, by);
	move(&options.argv0, low, high, by);
	move(&options.store, low, high, by);
	move(&options.image, low, high, by);
	for (uint32_t i = 0; i < options.nbinds; i++) {
		move(&option_binds[i].from, low, high, by);
		move(&option_binds[i].to, low, high, by);
	}
}
