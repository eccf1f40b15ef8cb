/* The socket on which a publisher listens. */
#ifndef XIPSTORE_SERVE_SOCKET_H
#define XIPSTORE_SERVE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/error.h"

struct listener {
	int fd; /* does not block */
	int lock; /* held as long as this publisher lives; -1: the socket is systemd's */
	bool made; /* by us, who take it away */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* One datagram, and who sent it. */
struct received {
	uint32_t uid;
	struct sockaddr_un from;
	socklen_t from_size;
	bool said; /* the kernel says who: always, in what listener_receive returns */
	size_t size; /* larger than the buffer: it was cut */
	int file; /* that came with it from our own user, the caller's; -1: none */
};

/* Where this user's publisher listens, or `given`. False, with error, if there is no such place. */
bool listener_path(const char *given, char *path, size_t size, struct error *error);

/*
 * Take the socket that systemd passes, or make one at `given` or at the user's place. False, with
 * error, if another publisher listens there, or if another user could put a socket in its place.
 */
bool listener_open(struct listener *listener, const char *given, struct error *error);
/* What was made goes. */
void listener_close(struct listener *listener);

/* The next datagram; false: none is there. What comes without a sender that the kernel vouches for
 * is skipped, and so is what comes with files from another user than ours. */
bool listener_receive(struct listener *listener, void *bytes, size_t capacity, struct received *r);

#endif
