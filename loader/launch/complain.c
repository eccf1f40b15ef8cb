#include "launch/complain.h"
#include "libc/boot.h"
#include "launch/program.h"
#include "base/heap.h"

#define ERROR_NO_MEMORY 12 /* ENOMEM: the kernel may try it */

static uint32_t told; /* of them, in this launch */

static void
tell(const struct complaint *c)
{
	message_print(2, "%s%s%s\n", c->names_program ? process_args.argv[0] : "",
		      c->names_program ? ": " : "", c->text);
}

void
complain_aloud(void)
{
	while (told < rtld->ncomplaints)
		tell(&rtld->complaints[told++]);
}

_Noreturn void
complain_fail(const struct error *error, int status)
{
	char number[24];

	if (error->text == TEXT_OWN || error->number == ERROR_NO_MEMORY)
		program_fail(error, status, rtld->program->path);
	complain_aloud();
	message_die(status, "%s: %s: %s: %s%s%s\n", process_args.argv[0],
		    text_occasion(error->text), error->file, error->what, error->number ? ": " : "",
		    error->number ? text_of_start_error(error->number, number) : "");
}
