#include "mkxip/report.h"

#include <string.h>

bool
report_fault(const struct fault *fault)
{
	if (fault->error)
		message_print(2, "mkxip: %s: %s: %s\n", fault->file, fault->what,
			      strerror(fault->error));
	else
		message_print(2, "mkxip: %s: %s\n", fault->file, fault->what);
	return false;
}
