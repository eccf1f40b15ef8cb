#include "launch/complain.h"
#include "libc/boot.h"
#include "launch/program.h"
#include "base/heap.h"

static uint32_t printed; /* of them, in this launch */

static void
print_complaint(const struct complaint *c)
{
	message_print(2, "%s%s%s\n", c->names_program ? process_args.argv[0] : "",
		      c->names_program ? ": " : "", c->text);
}

void
complain_aloud(void)
{
	while (printed < rtld->ncomplaints)
		print_complaint(&rtld->complaints[printed++]);
}

_Noreturn void
complain_fail(const struct error *error, int status)
{
	char number[24];

	if (error->kind == ERROR_OWN || error->number == ENOMEM)
		program_fail(error, status, rtld->program->path);
	complain_aloud();
	message_die(status, "%s: %s: %s: %s%s%s\n", process_args.argv[0],
		    error_occasion(error->kind), error->file, error->what,
		    error->number ? ": " : "",
		    error->number ? error_start_reason(error->number, number) : "");
}
