/* What glibc's dynamic linker says of a file that it does not load: programs read these texts. */
#ifndef XIPLD_TEXT_H
#define XIPLD_TEXT_H

enum text {
	TEXT_OWN, /* none of ld.so's: an error in this loader's own words */
	TEXT_NOT_FOUND,
	TEXT_TOO_SHORT,
	TEXT_CANNOT_READ,
	TEXT_INVALID_HEADER,
	TEXT_OTHER_CLASS,
	TEXT_OTHER_MACHINE, /* ld.so takes it for absent */
	TEXT_ENCODING,
	TEXT_IDENT_VERSION,
	TEXT_OS_ABI,
	TEXT_ABI_VERSION,
	TEXT_PADDING,
	TEXT_FILE_VERSION,
	TEXT_TYPE,
	TEXT_PHENTSIZE,
	TEXT_NO_SEGMENTS, /* from here on the file is called as it was asked for */
	TEXT_OFFSET,
	TEXT_NO_DYNAMIC,
	TEXT_EXECUTABLE,
	TEXT_PIE,
	TEXT_NO_OPEN,
	TEXT_MAP_SEGMENT,
	TEXT_VERSION, /* version, who requires it */
	TEXT_WEAK_VERSION,
	TEXT_NO_VERSIONS, /* who requires one */
	TEXT_UNDEFINED, /* symbol */
	TEXT_UNDEFINED_VERSION, /* symbol, version */
	TEXT_RELR,
	TEXT_STATIC_TLS,
	TEXT_EXECUTABLE_STACK,
	TEXT_INVALID_MODE,
	TEXT_INVALID_MODE_BITS,
	TEXT_INVALID_SPACE,
	TEXT_INVALID_TARGET_SPACE,
	TEXT_NO_SPACE,
	TEXT_NEXT,
	TEXT_NOT_OPEN,
	TEXT_DLINFO,
	TEXT_COUNT
};

/* The format of a text; what its conversions stand for, see above. */
const char *text_format(enum text text);

/* Whether the kernel may know how to run a program of which this is said. */
_Bool text_is_foreign(enum text text);

/* As ld.so names what it was doing: before the file's name in a message of start-up. */
const char *text_occasion(enum text text);

/* strerror as it is inside ld.so, which knows few errors while a program starts. */
const char *text_of_start_error(int err, char buf[24]);

#endif
