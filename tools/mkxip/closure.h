/* A program with all that it needs to run: its interpreter and its libraries. */
#ifndef MKXIP_CLOSURE_H
#define MKXIP_CLOSURE_H

#include "mkxip/search.h"
#include "mkxip/select.h"
#include "mkxip/tree.h"

/* What was collected so far, of all programs. */
struct closure {
	struct tree *tree;
	struct search search;
	bool verbose;
	unsigned missing; /* libraries of included files that were not found */
	struct program *first; /* included modules are looked at as if it had opened them */
};

/* Look up through tree (its source is the root directory). Free with closure_close. */
void closure_open(struct closure *c, struct tree *t, bool verbose);
void closure_close(struct closure *c);

/*
 * Add a program, named as a path below the source or by a name that is looked up in the usual
 * directories; a script's interpreter is added with it. A missing library is an error.
 */
bool closure_add_program(struct closure *c, const char *name, struct error *error);

/*
 * Add a file, or a directory with all below it, and what the ELF files among them need. A missing
 * library is only reported: an extension module that nobody loads may lack one.
 */
bool closure_include(struct closure *c, const char *path, struct error *error);

/* Add every file that the profile names and the source has. */
bool closure_add_hot(struct closure *c, const struct selection *s, struct error *error);

#endif
