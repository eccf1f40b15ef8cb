#include "mkxip/report.h"

#include <string.h>

#include "lib/message.h"

bool
report_error(const struct error *error)
{
	if (error->number)
		message_print(2, "mkxip: %s: %s: %s\n", error->file, error->what,
			      strerror(error->number));
	else
		message_print(2, "mkxip: %s: %s\n", error->file, error->what);
	return false;
}
