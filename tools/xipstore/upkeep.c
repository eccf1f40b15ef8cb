#include "xipstore/upkeep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/budget.h"
#include "xipstore/output.h"
#include "xipstore/rerandomize.h"

void
upkeep_prepare(const char *const *loader_options, const char *program, struct outcome *o)
{
	struct error error;

	prepare(loader_options, program, o);
	if (!o->plan && strcmp(o->why, "region-full") == 0 && rerandomize_if_full(&error)) {
		outcome_free(o);
		prepare(loader_options, program, o);
	}
	if (!o->plan)
		return;
	if (!budget_keep(&error))
		report_error(&error);
	if (access(o->plan, F_OK) == 0)
		return;
	free(o->plan);
	o->plan = NULL;
	o->result = "failed";
	o->why = must_strdup("the store's limit has no room for it");
}
