#include "shmstat/out/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One well-formed UTF-8 sequence (Unicode 15, table 3-7): its length and its code point; 0 if
 * there is none at `s`.
 */
static size_t
decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (len == 0 || s[0] > 0xf4)
		return 0;
	*code = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}

/* Would a terminal (or a reader of the text) be led astray by it? */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x00ad || c == 0x061c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

char *
text_escape(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	char *out = malloc(strlen(s) * 4 + 1), *to = out;

	if (!out)
		return NULL;
	while (*p) {
		uint32_t code;
		size_t len = decode(p, &code);

		if (len && !is_control(code)) {
			memcpy(to, p, len);
			to += len;
			p += len;
			continue;
		}
		if (!len)
			len = 1;
		while (len--)
			to += sprintf(to, "\\%03o", *p++);
	}
	*to = '\0';
	return out;
}

/* Blocks that terminals draw two columns wide (Unicode's East Asian Width W, in the large). */
static bool
is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

size_t
text_width(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t width = 0;

	for (; *p >= ' ' && *p < 0x7f; p++) /* most texts are no more than that */
		width++;
	while (*p) {
		uint32_t code;
		size_t len = decode(p, &code);

		if (!len) {
			len = 1;
			code = '?';
		}
		width += is_wide(code) ? 2 : 1;
		p += len;
	}
	return width;
}
