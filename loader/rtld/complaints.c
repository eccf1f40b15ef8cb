#include "rtld/complaints.h"
#include "base/heap.h"

void
complain(const char *text, bool names_program)
{
	struct complaint c = {heap_strdup(text), names_program};

	rtld->complaints = heap_grow(rtld->complaints, &rtld->complaints_capacity,
				     rtld->ncomplaints + 1, sizeof(c));
	rtld->complaints[rtld->ncomplaints++] = c;
}

void
complain_of_version(const struct error *error)
{
	char text[sizeof(error->file) + sizeof(error->what) + 4];

	message_format(text, sizeof(text), "%s: %s", error->file, error->what);
	complain(text, true);
}
