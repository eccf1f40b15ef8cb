#include "launch/options.h"

struct launch launch;

static const char help[] =
	"Usage: xipld [OPTION]... PROGRAM [ARGUMENT]...\n"
	"Run PROGRAM, loaded and linked by xipld instead of its own dynamic linker.\n"
	"\n"
	"      --list                list the objects that PROGRAM needs, and run nothing\n"
	"      --link-only           load and link PROGRAM, and stop before any of its code runs\n"
	"      --prepare             publish PROGRAM's plan, and stop before any of its code runs\n"
	"      --link-seed HEX       with --image and --prepare: as mkxip --link wants it\n"
	"      --bindings            link privately, print what each symbol binds to, and stop\n"
	"      --preload LIST        objects to load first, as LD_PRELOAD has them\n"
	"      --library-path LIST   directories to search, in place of LD_LIBRARY_PATH\n"
	"      --argv0 NAME          give PROGRAM this argv[0]\n"
	"      --share=all           share relocated pages too, at fixed addresses (default)\n"
	"      --share=text          share read-only pages only; addresses are random\n"
	"      --private             use no store\n"
	"      --store DIR           keep shared pages in DIR\n"
	"      --image IMAGE         run PROGRAM from this cramfs image, file or device\n"
	"      --bind DIR[:PLACE]    show this file or directory in the image, too\n"
	"      --strict              refuse with status 126 what xipld cannot load itself\n"
	"      --stats               print counts and times to standard error\n"
	"  -v, --verbose             say what is done, and why a program is left to the kernel\n"
	"  -h, --help                print this text\n"
	"  -V, --version             print the version\n"
	"\n"
	"Exit status: 127 if PROGRAM or a library is not found or does not link,\n"
	"126 if PROGRAM cannot be run, else PROGRAM's own.\n";

struct option {
	char name[16];
	char letter;
	bool takes_value;
};

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
	OPT_STORE,
	OPT_IMAGE,
	OPT_BIND,
	OPT_LINK_SEED,
	OPT_STRICT,
	OPT_STATS,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION,
	OPT_COUNT
};

static const struct option options[OPT_COUNT] = {
	[OPT_LIST] = {"list", 0, false},	  [OPT_LINK_ONLY] = {"link-only", 0, false},
	[OPT_PREPARE] = {"prepare", 0, false},	  [OPT_BINDINGS] = {"bindings", 0, false},
	[OPT_PRELOAD] = {"preload", 0, true},	  [OPT_LIBRARY_PATH] = {"library-path", 0, true},
	[OPT_ARGV0] = {"argv0", 0, true},	  [OPT_SHARE] = {"share", 0, true},
	[OPT_STORE] = {"store", 0, true},	  [OPT_PRIVATE] = {"private", 0, false},
	[OPT_IMAGE] = {"image", 0, true},	  [OPT_BIND] = {"bind", 0, true},
	[OPT_LINK_SEED] = {"link-seed", 0, true}, [OPT_STRICT] = {"strict", 0, false},
	[OPT_STATS] = {"stats", 0, false},	  [OPT_VERBOSE] = {"verbose", 'v', false},
	[OPT_HELP] = {"help", 'h', false},	  [OPT_VERSION] = {"version", 'V', false},
};

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

	if (launch.nbinds == MAX_BINDS)
		usage(value, "too many --bind");
	launch.binds[launch.nbinds].from = value;
	launch.binds[launch.nbinds].to = colon ? colon + 1 : value;
	launch.nbinds++;
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

static void
apply(enum option_number number, const char *value)
{
	switch (number) {
	case OPT_LIST:
		launch.list = true;
		break;
	case OPT_LINK_ONLY:
		launch.link_only = true;
		break;
	case OPT_PREPARE:
		launch.prepare = true;
		break;
	case OPT_BINDINGS:
		launch.bindings = launch.link_only = true;
		break;
	case OPT_PRELOAD:
		launch.preload = value;
		break;
	case OPT_LIBRARY_PATH:
		launch.library_path = value;
		break;
	case OPT_ARGV0:
		launch.argv0 = value;
		break;
	case OPT_PRIVATE:
		launch.share = SHARE_PRIVATE;
		break;
	case OPT_SHARE:
		if (streq(value, "all"))
			launch.share = SHARE_ALL;
		else if (streq(value, "text"))
			launch.share = SHARE_TEXT;
		else
			usage(value, "--share takes all or text");
		break;
	case OPT_STORE:
		launch.store = value;
		break;
	case OPT_IMAGE:
		launch.image = value;
		break;
	case OPT_BIND:
		add_bind(value);
		break;
	case OPT_LINK_SEED:
		launch.link_seed = hexadecimal(value);
		break;
	case OPT_STRICT:
		launch.strict = true;
		break;
	case OPT_STATS:
		launch.stats = true;
		break;
	case OPT_VERBOSE:
		launch.verbose = true;
		break;
	case OPT_HELP:
		sys_write(1, help, sizeof(help) - 1);
		sys_exit(0);
	case OPT_VERSION:
		message_print(1, "xipld %s\n", XIPLD_VERSION);
		sys_exit(0);
	case OPT_COUNT:
		break;
	}
}

/* --name, --name=value or -x. */
static enum option_number
find_option(const char *arg, const char **value)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);

	*value = equals ? equals + 1 : NULL;
	for (enum option_number i = 0; i < OPT_COUNT; i++) {
		const struct option *o = &options[i];

		if (starts_with(arg, "--") && strlen(o->name) == len - 2 &&
		    strncmp(arg + 2, o->name, len - 2) == 0)
			return i;
		if (o->letter && arg[1] == o->letter && !arg[2])
			return i;
	}
	return OPT_COUNT;
}

int
options_parse(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *value;
		enum option_number number;

		if (streq(argv[i], "--")) {
			i++;
			break;
		}
		number = find_option(argv[i], &value);
		if (number == OPT_COUNT) {
			usage(argv[i], "unknown option");
			break; /* not reached */
		}
		if (options[number].takes_value && !value) {
			if (++i == argc)
				usage(argv[i - 1], "option wants a value");
			value = argv[i];
		} else if (!options[number].takes_value && value) {
			usage(argv[i], "option takes no value");
		}
		apply(number, value);
	}
	if (launch.nbinds && !launch.image)
		usage("--bind", "only with --image");
	if (launch.link_seed && !(launch.image && launch.prepare))
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
	move(&launch.preload, low, high, by);
	move(&launch.library_path, low, high, by);
	move(&launch.argv0, low, high, by);
	move(&launch.store, low, high, by);
	move(&launch.image, low, high, by);
	for (uint32_t i = 0; i < launch.nbinds; i++) {
		move(&launch.binds[i].from, low, high, by);
		move(&launch.binds[i].to, low, high, by);
	}
}
