#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mkxip/image.h"

static void *
checked(void *p)
{
	if (!p) {
		fputs("mkxip: not enough memory\n", stderr);
		exit(1);
	}
	return p;
}

void *
must_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *
must_grow(void *array, size_t *capacity, size_t need, size_t each)
{
	size_t n = *capacity;

	if (need <= n)
		return array;
	while (n < need)
		n = n ? n + n / 2 + 1 : 4;
	*capacity = n;
	return checked(reallocarray(array, n, each));
}

char *
must_strdup(const char *s)
{
	return checked(strdup(s));
}
