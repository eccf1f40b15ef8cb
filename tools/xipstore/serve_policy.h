/* For whom a publisher works, and for which programs. */
#ifndef XIPSTORE_SERVE_POLICY_H
#define XIPSTORE_SERVE_POLICY_H

#include <stdint.h>
#include <sys/stat.h>

#include "lib/request.h"

/*
 * May `asker` have this program published by a publisher of `owner`? NULL, with the program's file
 * in *program, or why not. Of a program that another user names nothing is looked at that is not in
 * root's hands: a file system of his could keep us waiting.
 */
const char *policy_check(const struct request *request, uint32_t asker, uint32_t owner,
			 struct stat *program);

/* Is it an absolute path without empty parts, "." and ".."? */
bool policy_is_plain_path(const char *path);

/* Of a request's word, as a string that the caller frees; NULL: it is not there. */
char *request_string(const struct request_word *word);

#endif
