/* A sign of life while long work is done: called with what is done and how far it is. */
#ifndef MKXIP_PROGRESS_H
#define MKXIP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	const char *what;
	uint64_t done, of;
	uint32_t shown; /* percent */
};
void progress_begin(struct progress *p, const char *what, uint64_t of);
void progress_add(struct progress *p, uint64_t done);
void progress_end(struct progress *p);

#endif
