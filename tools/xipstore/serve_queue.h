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

#define QUEUE_CAPACITY 256
#define QUEUE_SHARE 64 /* of one user */

struct waiting {
	uint32_t uid;
	uint64_t number; /* in the order of arrival */
	uint8_t key[HASH_SIZE]; /* of the key's text: equal ones are one request */
	void *datagram; /* owned */
	int file; /* that came with it, owned; -1: none */
	size_t size;
};

/* Zeroed at first. */
struct queue {
	struct waiting list[QUEUE_CAPACITY];
	size_t count;
	uint64_t arrived;
	uint32_t served; /* the user who was served last */
};

enum queue_result { QUEUE_ADDED, QUEUE_THERE, QUEUE_SHARE_FULL, QUEUE_FULL };

/* Add a request; the datagram is copied, and the file is the queue's only if it is added. */
enum queue_result queue_add(struct queue *queue, uint32_t uid, const uint8_t key[HASH_SIZE],
			    const void *datagram, size_t size, int file);

/* Does this key wait? */
bool queue_has(const struct queue *queue, const uint8_t key[HASH_SIZE]);

/*
 * Take the next one out: the first of the user who comes, by number, after the one who was served
 * last. False: none waits. It is the caller's to
 * free.
 */
bool queue_take(struct queue *queue, struct waiting *next);
void waiting_free(struct waiting *waiting);

#endif
