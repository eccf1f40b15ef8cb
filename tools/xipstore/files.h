/* Files as the tool sees them: looks, whole reads, directories, removal. */
#ifndef XIPSTORE_FILES_H
#define XIPSTORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/error.h"
#include "lib/message.h"

/* A file or directory, symbolic links not followed. */
struct file_look {
	bool regular, directory;
	uint64_t ino, size; /* bytes */
	uint64_t freed; /* bytes that its removal gives back: 0 while it has other names */
	struct timespec used; /* the later of its last change and last reading */
	int64_t changed;
	uid_t uid;
	mode_t mode;
};

/* Returns 0 or an error number. */
int file_look(const char *path, struct file_look *look);

/*
 * Is this something that the loader would believe: root's or our own, and nobody else can write it?
 * NULL, or why not.
 */
const char *file_distrust(const struct file_look *look);

/*
 * Read a whole regular file of at most `limit` bytes; the caller frees. NULL, with fault, if it
 * cannot be had; with `trusted`, also if the loader would not believe it.
 */
char *file_read(const char *path, bool trusted, size_t limit, size_t *size, struct error *error);

/* The names in a directory, sorted, without "." and ".."; an absent one is empty. */
struct names {
	char **list;
	size_t count, capacity;
};

bool names_read(const char *path, struct names *names, struct error *error);
void names_free(struct names *names);

/* Does `name` consist of exactly `digits` lower-case hexadecimal digits? */
bool is_hex_name(const char *name, size_t digits);

#endif
