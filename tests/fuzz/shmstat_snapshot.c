/* libFuzzer: a file of any bytes is read as a saved state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shmstat/cmd/snapshot.h"
#include "shmstat/cmd/snapshot_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink; /* what is read is used */

static void
use(const struct saved_process *p)
{
	sink += strlen(p->name);
	for (size_t i = 0; i < p->object_count; i++) {
		const struct saved_object *o = &p->objects[i];

		sink += strlen(o->path);
		for (size_t k = 0; k < o->symbol_count; k++)
			sink += strlen(o->symbols[k].symbol) + strlen(o->symbols[k].section) +
				strlen(o->symbols[k].reason) + strlen(o->symbols[k].kind);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("snapshot", 0);
	struct snapshot s;
	struct error error;
	char path[64];

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (snapshot_read(&s, path, &error)) {
		for (size_t i = 0; i < s.count; i++)
			use(&s.processes[i]);
		snapshot_free(&s);
	}
	close(fd);
	return 0;
}
