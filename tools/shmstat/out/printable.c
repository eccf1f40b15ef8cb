#include "shmstat/out/printable.h"

#include <stdlib.h>
#include <string.h>

#include "shmstat/out/text.h"

void
printable_put(FILE *to, const char *s)
{
	char *copy = text_escape(s);

	if (copy)
		fputs(copy, to);
	free(copy);
}

json_t *
printable_json(const char *s)
{
	char *copy = s ? text_escape(s) : NULL;
	json_t *json = copy ? json_string(copy) : json_null();

	free(copy);
	return json;
}

void
printable_csv(FILE *to, const char *s)
{
	char *copy = s ? text_escape(s) : NULL;

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
