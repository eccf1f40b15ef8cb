#include "printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Length of the well-formed UTF-8 character at s (RFC 3629) that may be shown; 0 if it is none. */
static size_t
shown_length(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	uint32_t c = len == 1 ? s[0] : len ? s[0] & (0xffu >> (len + 1)) : 0;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (len == 0 || c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : len;
}

char *
printable(const char *s)
{
	char *copy = malloc(strlen(s) * 4 + 1), *to = copy;

	while (copy && *s) {
		size_t len = shown_length((const unsigned char *)s);

		if (len) {
			memcpy(to, s, len);
			to += len;
			s += len;
		} else {
			to += sprintf(to, "\\%03o", (unsigned char)*s++);
		}
	}
	if (copy)
		*to = '\0';
	return copy;
}

void
printable_put(FILE *to, const char *s)
{
	char *copy = printable(s);

	if (copy)
		fputs(copy, to);
	free(copy);
}

json_t *
printable_json(const char *s)
{
	char *copy = s ? printable(s) : NULL;
	json_t *json = copy ? json_string(copy) : json_null();

	free(copy);
	return json;
}

void
printable_csv(FILE *to, const char *s)
{
	char *copy = s ? printable(s) : NULL;

	if (!copy)
		return;
	if (strchr("=+-@", copy[0]) && copy[0])
		fputc('\'', to);
	if (!strpbrk(copy, "\",")) {
		fputs(copy, to);
	} else {
		fputc('"', to);
		for (const char *c = copy; *c; c++) {
			if (*c == '"')
				fputc('"', to);
			fputc(*c, to);
		}
		fputc('"', to);
	}
	free(copy);
}
