/* xipstore add: plans ahead of the first launch. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/must.h"
#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

#define STATUS_BUSY 75 /* of xipld --prepare: another process publishes */

/* What became of one program. */
struct outcome {
	const char *result; /* published, unchanged or failed */
	char *plan; /* path; owned; NULL if it failed */
	char *why; /* owned; NULL if it did not fail */
	size_t objects;
	uint64_t size;
};

/* Look at the plan that the loader says it made. */
static void
set_plan(struct outcome *o, char *path)
{
	struct error error;
	struct plan plan;
	const char *wrong;
	size_t size;
	char *bytes = file_read(path, true, PLAN_LIMIT, &size, &error);

	wrong = bytes ? plan_decode(&plan, bytes, size) : error.what;
	if (wrong) {
		o->result = "failed";
		o->why = must_format("its plan %s", wrong);
		free(bytes);
		free(path);
		return;
	}
	o->plan = path;
	o->size = size;
	free(plan_objects(&plan, NULL, &o->objects));
	plan_free(&plan);
}

static void
parse_answer(struct outcome *o, const struct answer *answer, const char *program)
{
	static const char published[] = "published\t", hit[] = "hit\t";
	/* the last line: a resolver of the program may have printed before it */
	const char *line = answer->out, *path = NULL;

	for (const char *s = answer->out; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		line = s;
	if (strncmp(line, published, sizeof(published) - 1) == 0)
		path = line + sizeof(published) - 1;
	else if (strncmp(line, hit, sizeof(hit) - 1) == 0)
		path = line + sizeof(hit) - 1;
	if (answer->status != 0 || !path) {
		o->result = "failed";
		o->why = answer_why(answer, program);
		return;
	}
	o->result = line[0] == 'p' ? "published" : "unchanged";
	set_plan(o, must_format("%.*s", (int)strcspn(path, "\n"), path));
}

/* Ask the loader, and again while another process publishes. */
static void
prepare(const char *program, struct outcome *o)
{
	static const char *const loader_options[] = {"--prepare", NULL};
	const struct timespec nap = {0, 50000000};
	struct answer answer;
	struct error error;
	unsigned naps = 0;

	*o = (struct outcome){.result = "failed"};
	for (;;) {
		if (!loader_ask(loader_options, options.store, program, &answer, &error)) {
			o->why = must_format("%s: %s", error.file, error.what);
			return;
		}
		if (answer.status != STATUS_BUSY || naps++ >= options.wait * 20)
			break;
		answer_free(&answer);
		nanosleep(&nap, NULL);
	}
	parse_answer(o, &answer, program);
	answer_free(&answer);
}

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
	json_t *list = json_array();
	size_t count = 0;
	int status = 0;

	while (programs[count])
		count++;
	for (size_t i = 0; i < count; i++) {
		struct outcome o;

		progress("add: %zu/%zu %s", i + 1, count, programs[i]);
		prepare(programs[i], &o);
		if (!o.plan)
			status = 1;
		if (options.json)
			json_array_append_new(list, outcome_json(programs[i], &o));
		else
			print_outcome(programs[i], &o);
		free(o.plan);
		free(o.why);
	}
	progress_end();
	if (options.json)
		print_json(json_pack("{so}", "programs", list));
	else
		json_decref(list);
	return status;
}
