#include "shmstat/out/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/text.h"

bool
fault_set(struct fault *fault, const char *file, int error, const char *format, ...)
{
	va_list args;
	size_t used;

	if (!fault)
		return false;
	snprintf(fault->file, sizeof(fault->file), "%s", file);
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	fault->error = error;
	used = strlen(fault->text);
	if (error)
		snprintf(fault->text + used, sizeof(fault->text) - used, "%s%s", used ? ": " : "",
			 strerror(error));
	return false;
}

void
fault_print(const struct fault *fault)
{
	char *file = text_escape(fault->file), *text = text_escape(fault->text);

	fprintf(stderr, "shmstat: %s%s%s\n", file ? file : "", file && *file ? ": " : "",
		text ? text : "out of memory");
	free(file);
	free(text);
}
