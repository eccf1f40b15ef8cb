/* What an ELF file says about how it is loaded: its interpreter, its libraries, where to look. */
#ifndef MKXIP_FACTS_H
#define MKXIP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of any class, byte order and machine. The strings are the caller's to free: facts_free. */
struct facts {
	uint8_t class, data; /* EI_CLASS, EI_DATA */
	uint16_t machine;
	char *interpreter; /* PT_INTERP, or NULL */
	char *soname, *rpath, *runpath;
	char **needed;
	size_t nneeded;
	bool no_default_dirs; /* DF_1_NODEFLIB */
};

/* Read from an open file; false if it is no ELF program or library, or a damaged one. */
bool facts_read(struct facts *f, int fd);
void facts_free(struct facts *f);

/* Can code of `a` and code of `b` run in one process? */
bool facts_agree(const struct facts *a, const struct facts *b);

#endif
