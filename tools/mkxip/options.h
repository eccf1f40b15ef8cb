/* The command line. */
#ifndef MKXIP_OPTIONS_H
#define MKXIP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command { COMMAND_PACK, COMMAND_LIST, COMMAND_CHECK, COMMAND_EXTRACT };
enum xip_mode { XIP_AUTO, XIP_ALL, XIP_NONE, XIP_FILE };

struct options {
	enum command command;
	bool programs; /* --program: the arguments are programs, not a directory */
	const char *root;
	const char **includes, **excludes;
	size_t nincludes, nexcludes;
	enum xip_mode xip;
	const char *xip_file, *profile, *device_table;
	uint64_t max_size; /* 0: the format's own limit */
	bool link; /* --link: these programs or, without names, those of --program */
	const char **links;
	size_t nlinks;
	const char *loader; /* --loader: command, words apart by spaces; NULL: our own xipld */
	bool big_endian, pad, squash_owner, strict, classic, quiet, verbose, json;
	const char *name;
	uint32_t edition;
	int level; /* of zlib */
	char **arguments;
	int narguments; /* the image, and the directory, are among them */
};

/*
 * Fill *o from the command line. Returns -1 to go on, else the status to exit with (--help,
 * --version printed; or a usage error reported).
 */
int options_parse(struct options *o, int argc, char **argv);

#endif
