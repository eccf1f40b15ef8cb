/* xipstore add: plans ahead of the first launch. */
#include "xipstore/command.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/upkeep.h"

static void
print_outcome(const char *program, const struct outcome *o)
{
	progress_end();
	if (!o->plan) {
		fflush(stdout);
		struct error error;

		error_set(&error, program, 0, "%s", o->why);
		report_error(&error);
		return;
	}
	printf("%-9s  %4zu object%-1s  %6s  ", o->result, o->objects, plural(o->objects),
	       size_text(o->size).s);
	print_path(program, output_width() - 36);
	putchar('\n');
	fflush(stdout);
}

static json_t *
outcome_json(const char *program, const struct outcome *o)
{
	json_t *report = json_object();

	json_object_set_new(report, "program", json_text(program));
	json_object_set_new(report, "result", json_string(o->result));
	json_object_set_new(report, "plan", o->plan ? json_text(o->plan) : json_null());
	json_object_set_new(report, "why", o->why ? json_text(o->why) : json_null());
	json_object_set_new(report, "objects", json_count(o->objects));
	json_object_set_new(report, "size", json_count(o->size));
	return report;
}

int
command_add(char **programs)
{
	static const char *const nothing_else[] = {NULL};
	json_t *list = json_array();
	size_t count = 0;
	int status = 0;

	while (programs[count])
		count++;
	for (size_t i = 0; i < count; i++) {
		struct outcome o;

		progress("add: %zu/%zu %s", i + 1, count, programs[i]);
		upkeep_prepare(nothing_else, programs[i], &o);
		if (!o.plan)
			status = 1;
		if (options.json)
			json_array_append_new(list, outcome_json(programs[i], &o));
		else
			print_outcome(programs[i], &o);
		outcome_free(&o);
	}
	progress_end();
	if (options.json)
		print_json(json_pack("{so}", "programs", list));
	else
		json_decref(list);
	return status;
}
