/*
 * Which way of reading a process's mappings is cheaper here.
 *
 * A query (procmap.h) takes a system call for each mapping; for text the kernel writes out names.
 * What a system call costs differs by several times between machines, most of all between real and
 * virtual ones. So both are tried on the first processes, and the cheaper is kept to.
 */
#ifndef SHMSTAT_READ_WAYS_H
#define SHMSTAT_READ_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAYS_TRIALS 3 /* of each */
#define WAYS_MAPPINGS 8 /* with fewer, opening the file is most of it */

struct way {
	unsigned trials;
	uint64_t least; /* picoseconds a mapping, of the cheapest trial */
};

struct ways {
	struct way query, text;
};

/* The way to take next: true for queries. */
static inline bool
ways_take_query(const struct ways *w)
{
	if (w->query.trials >= WAYS_TRIALS && w->text.trials >= WAYS_TRIALS)
		return w->query.least <= w->text.least;
	return w->query.trials <= w->text.trials;
}

/* What it took to read so many mappings, until there have been enough trials. */
static inline void
ways_learn(struct way *way, uint64_t nanoseconds, size_t mappings)
{
	uint64_t cost;

	if (way->trials >= WAYS_TRIALS || mappings < WAYS_MAPPINGS)
		return;
	cost = nanoseconds * 1000 / mappings;
	if (!way->trials++ || cost < way->least)
		way->least = cost;
}

#endif
