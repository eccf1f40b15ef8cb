/* The loader: where it is, which build, and what it says when it is asked. */
#ifndef XIPSTORE_LOADER_H
#define XIPSTORE_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/message.h"

/* The xipld beside this program, else the one in PATH; NULL if there is none. */
const char *loader_path(void);

/* Its build-id as plans' keys have it (hexadecimal digits), or NULL if unknown. */
const char *loader_build_id(void);

/* What a run of the loader came to; free both texts. */
struct answer {
	int status; /* exit status; 128 + signal */
	char *out, *err; /* never NULL */
};

/*
 * Run xipld OPTION... [--store STORE] PROGRAM, with nothing to read; `options` ends in NULL, and
 * store NULL leaves the choice to the loader. False, with fault, if it cannot be run.
 */
bool loader_ask(const char *const *options, const char *store, const char *program,
		struct answer *answer, struct error *error);
void answer_free(struct answer *answer);

/* The loader's complaint in its answer, without "xipld: PROGRAM: "; the exit status if it is
 * silent. The caller frees. */
char *answer_why(const struct answer *answer, const char *program);

/* Where a program is that is named as on a command line; the caller frees. NULL: not found. */
char *find_program(const char *name);

#endif
