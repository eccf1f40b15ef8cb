#include "base/tunables.h"
#include "lib/sys.h"

#include <stdbool.h>

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* As _dl_strtoul: reads as far as it can; what is too large is the largest number. */
static uint64_t
number(const char *s)
{
	uint64_t value = 0, base = 10;
	bool negative;

	while (*s == ' ' || *s == '\t')
		s++;
	negative = *s == '-';
	s += *s == '-' || *s == '+';
	if (*s < '0' || *s > '9')
		return 0;
	if (*s == '0') {
		bool hex = s[1] == 'x' || s[1] == 'X';

		base = hex ? 16 : 8;
		s += hex ? 2 : 0;
	}
	for (; (uint64_t)digit(*s) < base; s++) {
		if (value >= (UINT64_MAX - (uint64_t)digit(*s)) / base)
			return UINT64_MAX;
		value = value * base + (uint64_t)digit(*s);
	}
	return negative ? -value : value;
}

uint64_t
tunable(const char *text, const char *name, uint64_t otherwise, uint64_t min, uint64_t max)
{
	size_t length = strlen(name);
	uint64_t found = otherwise;

	/* name=value:name=value; the last counts */
	while (text && *text) {
		size_t n = 0;

		while (text[n] && text[n] != ':' && text[n] != '=')
			n++;
		if (text[n] == '=' && n == length && memcmp(text, name, n) == 0) {
			uint64_t value = number(text + n + 1);

			if (value >= min && value <= max)
				found = value;
		}
		while (text[n] && text[n] != ':')
			n++;
		text += n + (text[n] == ':');
	}
	return found;
}
