#include "lib/worth.h"

bool
worth_a_plan(const struct candidate *c, const char **reason)
{
	if (c->ordered)
		*reason = "it was asked for by name";
	else if (c->roots && c->age >= WORTH_SETTLED)
		*reason = "it is root's, and has been as it is for a minute";
	else if (c->launches >= WORTH_LAUNCHES)
		*reason = "it was launched three times within a day";
	else {
		*reason = c->roots ? "it is root's, but has changed within the last minute"
				   : "it gets one at the third launch within a day";
		return false;
	}
	return true;
}
