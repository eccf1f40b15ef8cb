/* The compiler's and our own string functions. Plain loops: what is long goes through memcpy and
 * memset. */
#include "lib/sys.h"

void *
memcpy(void *restrict to, const void *restrict from, size_t len)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	for (; len >= 8; len -= 8, t += 8, f += 8)
		__builtin_memcpy(t, f, 8);
	while (len--)
		*t++ = *f++;
	return to;
}

void *
memmove(void *to, const void *from, size_t len)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (t <= f || t >= f + len)
		return memcpy(to, from, len);
	while (len--)
		t[len] = f[len];
	return to;
}

void *
memset(void *to, int byte, size_t len)
{
	unsigned char *t = to;
	uint64_t word = 0x0101010101010101UL * (unsigned char)byte;

	for (; len >= 8; len -= 8, t += 8)
		__builtin_memcpy(t, &word, 8);
	while (len--)
		*t++ = (unsigned char)byte;
	return to;
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len >= 8; len -= 8, x += 8, y += 8) {
		uint64_t p, q;

		__builtin_memcpy(&p, x, 8);
		__builtin_memcpy(&q, y, 8);
		if (p != q)
			break;
	}
	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *
memchr(const void *s, int c, size_t len)
{
	const unsigned char *p = s;

	for (; len--; p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t len)
{
	for (; len && *a && *a == *b; a++, b++, len--)
		;
	return len ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (!*s)
			return (char *)last;
	}
}
