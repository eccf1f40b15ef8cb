#include "common/must.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"

static void *
checked(void *p)
{
	if (!p) {
		fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
		exit(1);
	}
	return p;
}

void *
must_alloc(size_t size)
{
	return must_array(1, size);
}

void *
must_array(size_t count, size_t each)
{
	bool none = count == 0 || each == 0;

	return checked(none ? calloc(1, 1) : calloc(count, each));
}

char *
must_strdup(const char *s)
{
	return checked(strdup(s));
}

char *
must_format(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	va_end(args);
	return checked(s);
}

void
must_reserve(void *array, size_t *capacity, size_t need, size_t each)
{
	if (!array_reserve(array, capacity, need, each))
		checked(NULL);
}

void
must_hash(struct hash_index *h, uint64_t hash, size_t number)
{
	if (!hash_index_add(h, hash, number))
		checked(NULL);
}
