#include "complain.h"
#include "host/host.h"
#include "program.h"
#include "sys/heap.h"

#define ERROR_NO_MEMORY 12 /* ENOMEM: the kernel may try it */

static uint32_t told; /* of them, in this launch */

static void
tell(const struct complaint *c)
{
	message_print(2, "%s%s%s\n", c->names_program ? process_start.argv[0] : "",
		      c->names_program ? ": " : "", c->text);
}

void
complain_aloud(void)
{
	while (told < world->ncomplaints)
		tell(&world->complaints[told++]);
}

_Noreturn void
complain_fail(const struct fault *fault, int status)
{
	char number[24];

	if (fault->text == TEXT_OWN || fault->error == ERROR_NO_MEMORY)
		program_fail(fault, status, world->program->path);
	complain_aloud();
	message_die(status, "%s: %s: %s: %s%s%s\n", process_start.argv[0],
		    text_occasion(fault->text), fault->file, fault->what, fault->error ? ": " : "",
		    fault->error ? text_of_start_error(fault->error, number) : "");
}

void
complain(const char *text, bool names_program)
{
	struct complaint c = {heap_strdup(text), names_program};

	world->complaints = heap_grow(world->complaints, &world->complaints_capacity,
				      world->ncomplaints + 1, sizeof(c));
	world->complaints[world->ncomplaints++] = c;
}

void
complain_of_version(const struct fault *fault)
{
	char text[sizeof(fault->file) + sizeof(fault->what) + 4];

	message_format(text, sizeof(text), "%s: %s", fault->file, fault->what);
	complain(text, true);
}
