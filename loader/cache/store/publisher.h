/* Sending something to a publisher (docs/publishing.md). Nothing here waits. */
#ifndef XIPLD_PUBLISHER_H
#define XIPLD_PUBLISHER_H

#include "cache/store/store.h"
#include "lib/request.h"

/* The datagram of this launch. Its end is not sent. */
struct publisher_datagram {
	struct request_header header;
	char text[REQUEST_MOST - sizeof(struct request_header)];
};
extern struct publisher_datagram publisher_datagram;

/* Is there a file where a publisher would listen? To look costs a tenth of what a socket costs, and
 * takes no system call that ld.so does not make. */
bool publisher_may_listen(void);

/*
 * Begin its text with the store that this launch was told to use, if any. Returns the length of
 * that, or -1 if it cannot be said.
 */
long publisher_begin(void);

/*
 * Send the datagram, with `length` bytes of text, and an open file unless it is negative. Root's
 * publisher comes first if it is asked for, then the user's own. Returns a positive number or
 * -errno: -EAGAIN if too much waits there already.
 */
long publisher_send(bool system, enum request_kind kind, size_t length, int file);

/* Is a publisher there that would get it? */
bool publisher_listens(bool system);

#endif
