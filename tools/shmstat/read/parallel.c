/* Sums of many processes by as many threads as there are processors: each is the kernel's work. */
#include "shmstat/read/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/read/list.h"

#define THREADS_MOST 16
#define PROCESSES_A_THREAD 24 /* fewer are not worth one: each looks at mapped files again */

struct job {
	int proc;
	const struct reader *first;
	const struct filter *filter;
	enum depth depth;
	struct one_read *reads;
	size_t count;
	atomic_size_t next;
};

static void
work(struct job *job, struct reader *r)
{
	size_t i;

	while ((i = atomic_fetch_add(&job->next, 1)) < job->count)
		read_one(r, job->proc, job->filter, job->depth, &job->reads[i]);
}

/* A reader of its own: readers have buffers. Without memory the others do its share. */
static void *
thread(void *arg)
{
	struct reader *r = reader_beside(((struct job *)arg)->first);

	if (r)
		work(arg, r);
	reader_close(r);
	return NULL;
}

void
read_sums(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	  struct one_read *reads, size_t count)
{
	struct job job = {.proc = proc,
			  .first = r,
			  .filter = filter,
			  .depth = depth,
			  .reads = reads,
			  .count = count};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MOST];
	size_t started = 0, wanted = count / PROCESSES_A_THREAD;

	if (processors > 0 && wanted > (size_t)processors)
		wanted = (size_t)processors;
	while (started + 1 < wanted && started < THREADS_MOST) {
		if (pthread_create(&threads[started], NULL, thread, &job) != 0)
			break;
		started++;
	}
	work(&job, r);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}
