#include "xipstore/serve_queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"

bool
queue_has(const struct queue *q, const uint8_t key[HASH_SIZE])
{
	for (size_t i = 0; i < q->count; i++)
		if (memcmp(q->list[i].key, key, HASH_SIZE) == 0)
			return true;
	return false;
}

static size_t
share_of(const struct queue *q, uint32_t uid)
{
	size_t share = 0;

	for (size_t i = 0; i < q->count; i++)
		share += q->list[i].uid == uid;
	return share;
}

/* The user who has the most in the queue, if that is more than `share`, has what came last dropped:
 * many users together cannot keep another one out. */
static bool
make_room(struct queue *q, size_t share)
{
	size_t most = share, last = 0;

	for (size_t i = 0; i < q->count; i++) {
		size_t of = share_of(q, q->list[i].uid);

		if (of > most ||
		    (of == most && most > share && q->list[i].number > q->list[last].number))
			last = i;
		most = of > most ? of : most;
	}
	if (most == share)
		return false;
	waiting_free(&q->list[last]);
	q->list[last] = q->list[--q->count];
	return true;
}

enum queue_result
queue_add(struct queue *q, uint32_t uid, const uint8_t key[HASH_SIZE], const void *datagram,
	  size_t size, int file)
{
	const size_t share = share_of(q, uid);
	struct waiting *w;

	if (queue_has(q, key))
		return QUEUE_THERE;
	if (share >= QUEUE_SHARE)
		return QUEUE_SHARE_FULL;
	if (q->count == QUEUE_CAPACITY && !make_room(q, share + 1))
		return QUEUE_FULL;
	w = &q->list[q->count];
	*w = (struct waiting){.uid = uid, .number = q->arrived++, .size = size, .file = file};
	memcpy(w->key, key, HASH_SIZE);
	w->datagram = must_alloc(size);
	memcpy(w->datagram, datagram, size);
	q->count++;
	return QUEUE_ADDED;
}

/* How far a user's turn is: the next number after the one served last comes first. */
static uint32_t
distance(const struct queue *q, uint32_t uid)
{
	return uid - q->served - 1;
}

bool
queue_take(struct queue *q, struct waiting *next)
{
	size_t best = 0;

	if (!q->count)
		return false;
	for (size_t i = 1; i < q->count; i++) {
		const struct waiting *a = &q->list[i], *b = &q->list[best];
		uint32_t of_a = distance(q, a->uid), of_b = distance(q, b->uid);

		if (of_a < of_b || (of_a == of_b && a->number < b->number))
			best = i;
	}
	*next = q->list[best];
	q->served = next->uid;
	q->list[best] = q->list[--q->count];
	return true;
}

void
waiting_free(struct waiting *w)
{
	free(w->datagram);
	if (w->file >= 0)
		close(w->file);
	*w = (struct waiting){.file = -1};
}
