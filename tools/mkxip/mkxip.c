/*
 * mkxip: pack a directory, or programs with all they need, into a cramfs image from which they can
 * be executed in place; list, check and unpack such images.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/prelink.h"
#include "mkxip/closure.h"
#include "mkxip/content.h"
#include "mkxip/devices.h"
#include "mkxip/fits.h"
#include "mkxip/inspect.h"
#include "mkxip/layout.h"
#include "mkxip/link.h"
#include "mkxip/options.h"
#include "mkxip/write.h"

static void
interrupted(int signal_number)
{
	image_write_abandon();
	link_abandon();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Which directory the image will be in: it must not be one that is packed. */
static bool
note_place(struct tree *t, const char *image, struct error *error)
{
	char *copy = must_strdup(image);
	struct stat st;
	bool good = stat(dirname(copy), &st) == 0;

	free(copy);
	if (!good)
		return error_set(error, image, errno, "cannot write image");
	t->image_dev = st.st_dev;
	t->image_dir = st.st_ino;
	return true;
}

/* With the system's root, a program may be named from where the user stands. */
static const char *
from_here(const struct options *o, const char *name, char *buf)
{
	if (strcmp(o->root, "/") != 0 || name[0] == '/' || !strchr(name, '/') ||
	    !getcwd(buf, PATH_MAX) || strlen(buf) + strlen(name) + 2 > PATH_MAX)
		return name;
	strcat(buf, "/");
	return strcat(buf, name);
}

static bool
collect_programs(struct tree *t, const struct options *o, const struct selection *s,
		 struct error *error)
{
	struct closure c;
	char buf[PATH_MAX];
	bool good = true;

	closure_open(&c, t, o->verbose);
	for (int i = 0; good && i < o->narguments - 1; i++)
		good = closure_add_program(&c, from_here(o, o->arguments[i], buf), error);
	for (size_t i = 0; good && i < o->nincludes; i++)
		good = closure_include(&c, from_here(o, o->includes[i], buf), error);
	if (good)
		good = closure_add_hot(&c, s, error);
	closure_close(&c);
	return good;
}

static bool
collect(struct tree *t, const struct options *o, const struct selection *s, struct error *error)
{
	const char *image = o->arguments[o->narguments - 1];

	t->squash_owner = o->squash_owner;
	t->excludes = o->excludes;
	t->nexcludes = o->nexcludes;
	if (!note_place(t, image, error))
		return false;
	if (!tree_open(t, o->programs ? o->root : o->arguments[0], error))
		return false;
	if (!(o->programs ? collect_programs(t, o, s, error) : tree_scan(t, t->root, error)))
		return false;
	return !o->device_table || devices_apply(t, o->device_table, error);
}

static void
print_summary(const struct layout *l, const struct contents *all)
{
	printf("%u files, %lu of them with the content of another\n", l->files,
	       (unsigned long)all->shared_files);
	printf("blocks: %lu in place, %lu compressed, %lu raw, %lu holes\n",
	       (unsigned long)l->kinds[BLOCK_XIP], (unsigned long)l->kinds[BLOCK_ZLIB],
	       (unsigned long)l->kinds[BLOCK_RAW], (unsigned long)l->kinds[BLOCK_HOLE]);
	printf("%lu bytes, %lu of them in place%s\n", (unsigned long)l->size,
	       (unsigned long)(l->xip_end - l->xip_start), l->far ? ", tables first" : "");
}

/* What is in the tree, as an image. Its prelinked plans are not in it yet if this is a `draft`. */
static bool
write_image(const struct options *o, struct tree *t, const struct selection *s, const char *image,
	    bool draft, struct error *error)
{
	struct progress progress = {.on = !o->quiet && isatty(STDERR_FILENO)};
	struct layout_options lo = {o->pad, o->classic, draft ? 0 : o->max_size};
	struct superblock_text text = {o->name, o->edition, o->big_endian};
	struct contents all = {0};
	struct layout l;
	bool good = tree_fits(t, error) && contents_collect(&all, t, s, &progress, error) &&
		    contents_compress(&all, t, draft ? 1 : o->level, &progress, error);

	if (good && !layout_compute(&l, t->root, &all, &lo, error)) {
		good = false;
		if (strcmp(error->file, "image") == 0)
			snprintf(error->file, sizeof(error->file), "%s", image);
	}
	good = good && image_write(image, t, &all, &l, &text, &progress, error);
	if (good && o->verbose && !draft)
		print_summary(&l, &all);
	contents_free(&all);
	return good;
}

static bool
add_prelink(const struct options *o, struct tree *t, const struct selection *s, struct error *error)
{
	struct linking l;
	bool good = link_open(&l, error) && write_image(o, t, s, l.image, true, error) &&
		    link_programs(&l, o, t, error);

	link_close(&l);
	return good;
}

static bool
pack(const struct options *o, struct tree *t, struct selection *s, struct error *error)
{
	if (!selection_open(s, o, error) || !collect(t, o, s, error))
		return false;
	if (node_child(t->root, IMAGE_OWN_DIR))
		return error_set(error, "/" IMAGE_OWN_DIR, 0,
				 "has a meaning in images (--link): leave it out (--exclude)");
	if (!tree_fits(t, error) || !tree_loses(t, o->strict, error))
		return false;
	selection_resolve(s, t);
	return (!o->link || add_prelink(o, t, s, error)) &&
	       write_image(o, t, s, o->arguments[o->narguments - 1], false, error);
}

static int
run_pack(const struct options *o)
{
	struct tree tree = {.fd = -1};
	struct selection selection = {0};
	struct error error;
	bool good;

	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	good = pack(o, &tree, &selection, &error);
	selection_close(&selection);
	tree_close(&tree);
	return good || report_error(&error) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = options_parse(&o, argc, argv);

	if (status < 0)
		status = o.command == COMMAND_PACK ? run_pack(&o) : inspect_run(&o);
	free(o.includes);
	free(o.excludes);
	free(o.links);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "mkxip: standard output: %s\n", strerror(errno));
		return status ? status : 1;
	}
	return status;
}
