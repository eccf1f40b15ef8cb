/* libFuzzer: look-ups in an ld.so.cache of any bytes. Its own strings are among the names. */
#include <stdlib.h>

#include "lib/rtld_state.h"
#include "lib/ld_cache.h"

#define MOST 16 /* names taken from the file */

static volatile size_t sink; /* what is read is used */

static void
look_up(const char *bytes, size_t size, const char *name)
{
	static const char *const hwcaps[] = {"x86-64-v3", "x86-64-v2"};
	const char *found = ld_cache_lookup(bytes, size, name, hwcaps, 2);

	if (!found)
		return;
	if (found != bytes && (found < bytes || found >= bytes + size) && *found)
		abort();
	sink += strlen(found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1), name[64];

	memcpy(bytes, data, size); /* aligned as a mapping is, and ended by the sanitizer */
	bytes = realloc(bytes, size ? size : 1);
	look_up(bytes, size, "libz.so.1");
	look_up(bytes, size, "");
	for (size_t i = 0, at = 0; i < MOST; i++, at += 1 + size / MOST) {
		size_t n = 0;

		for (; at + n < size && bytes[at + n] && n < sizeof(name) - 1; n++)
			name[n] = bytes[at + n];
		name[n] = '\0';
		look_up(bytes, size, name);
	}
	free(bytes);
	return 0;
}
