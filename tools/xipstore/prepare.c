#include "xipstore/prepare.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/must.h"
#include "xipstore/catalog.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"

#define STATUS_BUSY 75 /* of xipld --prepare: another process publishes */

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
void
prepare(const char *const *more, const char *program, struct outcome *o)
{
	const char *loader_options[PREPARE_OPTIONS + 2] = {"--prepare"};
	const struct timespec nap = {0, 50000000};
	struct answer answer;
	struct error error;
	unsigned naps = 0;

	for (size_t i = 0; i < PREPARE_OPTIONS && more[i]; i++)
		loader_options[i + 1] = more[i];
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

void
outcome_free(struct outcome *o)
{
	free(o->plan);
	free(o->why);
}
