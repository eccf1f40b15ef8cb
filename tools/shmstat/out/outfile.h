/* A file that is written whole or not at all; what was there before stays until then. */
#ifndef SHMSTAT_OUT_OUTFILE_H
#define SHMSTAT_OUT_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/replace_file.h"
#include "shmstat/out/error.h"

struct outfile {
	FILE *file; /* write here */
	struct replacement replacement; /* unless that is standard output */
};

/* "-" is standard output. False with *error set. */
bool outfile_open(struct outfile *o, const char *path, struct error *error);
/* Put it in place. False with *error set, and then nothing is left. `err`: an errno that the
 * writer has met; 0: none. */
bool outfile_close(struct outfile *o, int err, struct error *error);
/* Leave nothing. */
void outfile_abandon(struct outfile *o);

#endif
