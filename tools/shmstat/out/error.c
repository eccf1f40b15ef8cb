#include "shmstat/out/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/text.h"

bool
error_format(struct error *error, const char *file, int number, const char *format, ...)
{
	va_list args;

	if (!error)
		return false;
	snprintf(error->file, sizeof(error->file), "%s", file);
	va_start(args, format);
	vsnprintf(error->what, sizeof(error->what), format, args);
	va_end(args);
	error->number = number;
	return false;
}

bool
error_is_set(const struct error *error)
{
	return error->what[0] || error->number;
}

const char *
error_text(const struct error *error, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", error->what, error->what[0] && error->number ? ": " : "",
		 error->number ? strerror(error->number) : "");
	return text;
}

void
error_print(const struct error *error)
{
	char plain[sizeof(error->what) + 128];
	char *file = text_escape(error->file);
	char *text = text_escape(error_text(error, plain, sizeof(plain)));

	fprintf(stderr, "shmstat: %s%s%s\n", file ? file : "", file && *file ? ": " : "",
		text ? text : "out of memory");
	free(file);
	free(text);
}
