/* What a launch was told, and what it counts. */
#ifndef XIPLD_BASE_OPTIONS_H
#define XIPLD_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_BINDS 16

/* Who publishes the plan of a launch that has none: a publisher that is asked, the launch itself,
 * or nobody. */
enum publish { PUBLISH_UNSAID, PUBLISH_ASK, PUBLISH_NOW, PUBLISH_NEVER };

enum share { SHARE_ALL, SHARE_TEXT, SHARE_PRIVATE };

/* What of the host's an image's programs see besides. */
struct bind {
	const char *from, *to;
};

/* From the command line (launch/command_line.c), then constant. */
struct options {
	bool verbose, stats, list, link_only, strict;
	bool prepare; /* stop when the plan is published */
	bool bindings; /* print what each reference binds to */
	const char *preload, *library_path, *argv0, *store;
	const char *image; /* to run the program from; NULL: none */
	uint64_t link_seed; /* publish for mkxip --link, with this instead of a random number; 0: no
			     */
	uint32_t nbinds;
	bool tree; /* --tree */
	bool interp; /* the kernel has started the loader as a program's interpreter */
	enum share share;
	enum publish publish;
};

struct stats {
	const char *plan; /* none, asked, hit or published */
	bool missing; /* --list: a library was not found */
	unsigned long relocations_relative, relocations_symbolic, bytes_written;
};

extern struct options options;
extern struct bind option_binds[MAX_BINDS]; /* options.nbinds of them */
extern struct stats stats;

#endif
