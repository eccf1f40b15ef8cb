/*
 * The publisher's queue: requests that wait for their turn. It holds no more than it has room for,
 * and of each user no more than a share; users are served in turn. Pure: the caller does the work.
 */
#ifndef XIPSTORE_SERVE_QUEUE_H
#define XIPSTORE_SERVE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"

#define QUEUE_ROOM 128
#define QUEUE_SHARE 16 /* of one user */

struct waiting {
	uint32_t uid;
	uint64_t number; /* in the order of arrival */
	uint8_t key[HASH_SIZE]; /* of the key's text: equal ones are one request */
	void *datagram; /* owned */
	size_t size;
};

/* Zeroed at first. */
struct queue {
	struct waiting list[QUEUE_ROOM];
	size_t count;
	uint64_t arrived;
	uint32_t served; /* the user who was served last */
};

enum queue_result { QUEUE_ADDED, QUEUE_THERE, QUEUE_SHARE_FULL, QUEUE_FULL };

/* Add a request; the datagram is copied. */
enum queue_result queue_add(struct queue *queue, uint32_t uid, const uint8_t key[HASH_SIZE],
			    const void *datagram, size_t size);

/* Does this key wait? */
bool queue_has(const struct queue *queue, const uint8_t key[HASH_SIZE]);

/*
 * Take the next one out: the first of the user who comes, by number, after the one who was served
 * last. False: none waits. The caller frees its datagram.
 */
bool queue_take(struct queue *queue, struct waiting *next);

#endif
