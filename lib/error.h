/* The one type in which errors travel, and the kinds that ld.so's texts have. */
#ifndef XIPLD_ERROR_H
#define XIPLD_ERROR_H

#include <stddef.h>

/* What is wrong. All but the first have a text of glibc's dynamic linker: programs read these. */
enum error_kind {
	ERROR_OWN, /* none of ld.so's: the text is this loader's own */
	ERROR_NOT_FOUND,
	ERROR_TOO_SHORT,
	ERROR_CANNOT_READ,
	ERROR_INVALID_HEADER,
	ERROR_OTHER_CLASS,
	ERROR_OTHER_MACHINE, /* ld.so takes it for absent */
	ERROR_ENCODING,
	ERROR_IDENT_VERSION,
	ERROR_OS_ABI,
	ERROR_ABI_VERSION,
	ERROR_PADDING,
	ERROR_FILE_VERSION,
	ERROR_TYPE,
	ERROR_PHENTSIZE,
	ERROR_NO_SEGMENTS,
	ERROR_OFFSET,
	ERROR_NO_DYNAMIC,
	ERROR_EXECUTABLE,
	ERROR_PIE,
	ERROR_NO_OPEN,
	ERROR_MAP_SEGMENT,
	ERROR_VERSION, /* version, who requires it */
	ERROR_WEAK_VERSION,
	ERROR_NO_VERSIONS, /* who requires one */
	ERROR_UNDEFINED, /* symbol */
	ERROR_UNDEFINED_VERSION, /* symbol, version */
	ERROR_RELR,
	ERROR_STATIC_TLS,
	ERROR_EXECUTABLE_STACK,
	ERROR_INVALID_MODE,
	ERROR_INVALID_MODE_BITS,
	ERROR_INVALID_SPACE,
	ERROR_INVALID_TARGET_SPACE,
	ERROR_NO_SPACE,
	ERROR_NEXT,
	ERROR_NOT_OPEN,
	ERROR_DLINFO,
	ERROR_COUNT
};

/*
 * An error on its way up: which file, what is wrong with it, where. `what` is complete text;
 * `number` a kernel error number or 0. Filled where it happens, printed where it ends (main,
 * dlerror).
 */
struct error {
	char file[512];
	char what[512];
	int number;
	enum error_kind kind;
	const char *whole_file; /* the file's name where it does not fit, else NULL */
};

/* Fill *error; returns false, so that a checking function can return it directly. A NULL error is
 * allowed. */
_Bool error_set(struct error *error, const char *file, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with the text of a kind; the arguments are the text's. */
_Bool error_say(struct error *error, const char *file, int err, enum error_kind kind, ...);

/* The format of this kind's text; its arguments are named above. NULL: it has none. */
const char *error_kind_format(enum error_kind kind);

/* May the kernel know how to run a program that has this error? */
_Bool error_is_foreign(enum error_kind kind);

/* ld.so checks a file's header first. What it finds later it reports under the name that was
 * requested, not under the path. */
_Bool error_names_request(enum error_kind kind);

/* What ld.so says it was doing: the message's part before the file's name, at start-up. */
const char *error_occasion(enum error_kind kind);

/* strerror as it is inside ld.so, which knows few errors while a program starts. */
const char *error_start_reason(int err, char buf[24]);

#endif
