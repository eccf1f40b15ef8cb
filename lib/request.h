/*
 * What a launch without a plan asks a publisher for: one datagram, a header and the text of the
 * plan's key (docs/publishing.md). The store that the launch was told to use may stand before it.
 *
 * A launch from a plan that has learned something sends the plan's name instead, and a file.
 *
 * A key is lines, NAME or NAME=VALUE, in this order: build, cpu, program, cwd (only if the
 * program's path is a relative one), the variables below, preload, library-path.
 */
#ifndef XIPLD_REQUEST_H
#define XIPLD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAGIC "xipldreq"
#define REQUEST_VERSION 1
#define REQUEST_KEY 16384 /* longest key, and one byte more */
#define REQUEST_MOST (REQUEST_KEY + 1024) /* no datagram is longer */

/* Where publishers listen: root's, and a user's own below XDG_RUNTIME_DIR. */
#define REQUEST_DIRECTORY "/xipld"
#define REQUEST_SOCKET REQUEST_DIRECTORY "/publish"

enum request_kind {
	REQUEST_PUBLISH = 1,
	REQUEST_WHY, /* publish nothing: say in words what the publisher thinks of it */
	REQUEST_KEEP, /* what a launch from a plan has learned: a file is attached (its format:
			 publishing.md) */
	REQUEST_STATUS, /* what the publisher did so far; has no key */
	REQUEST_KINDS
};

struct request_header {
	char magic[8];
	uint32_t version, kind;
	uint32_t size; /* of the datagram */
	uint32_t zero;
};

/* Variables of the environment that bear on how a program is linked, as they stand in a key. */
#define REQUEST_VARIABLES 4
extern const char request_variables[REQUEST_VARIABLES][16];

/* A part of a request's text, without a NUL; at NULL: it is not there. */
struct request_word {
	const char *at;
	size_t size;
};

/* A request taken apart. Its words lie in the datagram. */
struct request {
	enum request_kind kind;
	struct request_word key; /* all lines but the store's */
	struct request_word store, build, cpu, program, cwd;
	struct request_word variables[REQUEST_VARIABLES], preload, library_path;
	struct request_word plan; /* of REQUEST_KEEP, which has no other word but the store */
};

void request_header(struct request_header *header, enum request_kind kind, size_t size);

/* Take a datagram apart. NULL, or what is wrong with it. */
const char *request_parse(const void *datagram, size_t size, struct request *request);

/* Does the key hold anything of the environment or of options that say the same? */
bool request_has_environment(const struct request *request);

#endif
