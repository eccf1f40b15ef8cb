/* The work of a publisher: a child that publishes one plan, at idle priority. */
#ifndef XIPSTORE_SERVE_WORK_H
#define XIPSTORE_SERVE_WORK_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/request.h"

#define WORK_SECONDS 600 /* after which it is given up */

struct work {
	pid_t pid; /* also its process group; 0: nothing is being done */
	int from; /* a pipe: what came of it */
};

enum work_result { WORK_DONE, WORK_FAILED, WORK_BUSY /* try again later */ };

/*
 * Begin to publish what the request asks for, or to keep what is handed in with it. The child
 * closes its copies of these descriptors: with them a dead publisher's socket would seem to be
 * alive. False: no child could be made.
 */
bool work_begin(struct work *work, const struct request *request, int file, const int *close_these,
		size_t count);

/*
 * work->from can be read: what came of it, in words of at most `size` bytes. The child is gone
 * then.
 */
enum work_result work_end(struct work *work, char *what, size_t size);

/* Give it up. */
void work_kill(struct work *work);

#endif
