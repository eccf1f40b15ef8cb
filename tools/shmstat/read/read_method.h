/*
 * By which method reading a process's mappings is cheaper here.
 *
 * A query (procmap.h) takes a system call for each mapping; for text the kernel writes out names.
 * What a system call costs differs by several times between machines, most of all between real and
 * virtual ones. So both are tried on the first processes, and the cheaper is kept to.
 */
#ifndef SHMSTAT_READ_READ_METHOD_H
#define SHMSTAT_READ_READ_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READ_METHOD_TRIALS 3 /* of each */
#define READ_METHOD_MAPPINGS 8 /* with fewer, opening the file is most of it */

struct read_method {
	unsigned trials;
	uint64_t least; /* picoseconds a mapping, of the cheapest trial */
};

struct read_methods {
	struct read_method query, text;
};

/* The method to use next: true for queries. */
static inline bool
read_by_query(const struct read_methods *w)
{
	if (w->query.trials >= READ_METHOD_TRIALS && w->text.trials >= READ_METHOD_TRIALS)
		return w->query.least <= w->text.least;
	return w->query.trials <= w->text.trials;
}

/* What it took to read so many mappings, until there have been enough trials. */
static inline void
read_method_learn(struct read_method *method, uint64_t nanoseconds, size_t mappings)
{
	uint64_t cost;

	if (method->trials >= READ_METHOD_TRIALS || mappings < READ_METHOD_MAPPINGS)
		return;
	cost = nanoseconds * 1000 / mappings;
	if (!method->trials++ || cost < method->least)
		method->least = cost;
}

#endif
