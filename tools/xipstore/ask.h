/* Questions to a publisher. */
#ifndef XIPSTORE_ASK_H
#define XIPSTORE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/request.h"

/*
 * The bytes of a request, which begin with a header that is filled when they are complete; the text
 * is written to the stream between. question_end returns them, the caller's to free, of *size
 * bytes. NULL: without memory.
 */
struct question {
	FILE *to;
	char *bytes;
	size_t size;
};

bool question_begin(struct question *question);
char *question_end(struct question *question, enum request_kind kind, size_t *size);

/* May who listens at this path be told what is asked? As a launch decides that: XDG_RUNTIME_DIR may
 * be another user's. */
bool ask_is_safe(const char *socket_path);

/*
 * Send a request to who listens at this path and take the answer, with a NUL behind it; *who, if
 * not NULL, is the user who gave it, as the kernel says. False: nobody listens, or does not answer.
 */
bool ask(const char *socket_path, const void *question, size_t size, char *answer, size_t capacity,
	 uid_t *who);

#endif
