/* Publishing the plan of one program, through the loader. */
#ifndef XIPSTORE_PREPARE_H
#define XIPSTORE_PREPARE_H

#include <stddef.h>
#include <stdint.h>

/* What became of it. */
struct outcome {
	const char *result; /* published, unchanged or failed */
	char *plan; /* path; owned; NULL if it failed */
	char *why; /* owned; NULL if it did not fail */
	size_t objects;
	uint64_t size;
};

#define PREPARE_OPTIONS 6 /* at most */

/*
 * Ask the loader, and again while another process publishes. `loader_options`, ending in NULL, go
 * before the program.
 */
void prepare(const char *const *loader_options, const char *program, struct outcome *outcome);
void outcome_free(struct outcome *outcome);

#endif
