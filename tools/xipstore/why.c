/* xipstore why: whether a launch of a program would get it a plan, and why. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "common/must.h"
#include "lib/request.h"
#include "lib/trust.h"
#include "lib/worth.h"
#include "xipstore/ask.h"
#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/store.h"

/* One line of a plan's key. */
static void
print_word(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s%s%s\n", name, value ? "=" : "", value ? value : "");
}

/* What a launch of this program would ask for, here and now; the caller frees. */
static char *
make_question(const char *path, size_t *size)
{
	const char *named = store_named(options.store);
	char cpu[24], cwd[PATH_MAX];
	struct question q;

	if (!question_begin(&q))
		return NULL;
	snprintf(cpu, sizeof(cpu), "%lx", (unsigned long)arch_cpu_features_hash());
	if (named)
		print_word(q.to, "store", named);
	print_word(q.to, "build", loader_build_id());
	print_word(q.to, "cpu", cpu);
	print_word(q.to, "program", path);
	if (path[0] != '/')
		print_word(q.to, "cwd", getcwd(cwd, sizeof(cwd)));
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		print_word(q.to, request_variables[i], getenv(request_variables[i]));
	print_word(q.to, "preload", NULL);
	print_word(q.to, "library-path", NULL);
	return question_end(&q, REQUEST_WHY, size);
}

/* Root's publisher, if it serves this program, else the user's own: as a launch does. */
static bool
ask_publisher(const char *path, const struct stat *st, char *answer, size_t capacity)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *own = options.socket ? must_strdup(options.socket)
				   : must_format("%s" REQUEST_SOCKET, dir ? dir : "");
	size_t size = 0;
	char *question = make_question(path, &size);
	bool roots = trust_is_roots(st->st_uid, st->st_mode), answered = false;

	if (question && !options.socket && (roots || geteuid() == 0))
		answered = ask("/run" REQUEST_SOCKET, question, size, answer, capacity, NULL);
	if (question && !answered && (options.socket || ask_is_safe(own)))
		answered = ask(own, question, size, answer, capacity, NULL);
	free(question);
	free(own);
	return answered;
}

static bool
store_has_plan(const char *dir, const char *path)
{
	struct catalog catalog;
	struct store store;
	struct error error;
	bool found = false;

	if (!store_open(&store, dir, NULL, &error) ||
	    !catalog_read(&catalog, &store, NULL, "why", &error))
		return false;
	for (size_t i = 0; i < catalog.count && !found; i++) {
		const struct entry *e = &catalog.list[i];
		char *program =
			e->state == STATE_GOOD && e->plan.tables.header->kind == PLAN_CLOSURE
				? plan_key_value(&e->plan, "program")
				: NULL;

		found = program && strcmp(program, path) == 0;
		free(program);
	}
	catalog_free(&catalog);
	return found;
}

static bool
has_plan(const char *path)
{
	return (store_is_default(options.store) && store_has_plan(SYSTEM_STORE, path)) ||
	       store_has_plan(options.store, path);
}

static void
explain(const char *path, const struct stat *st, char *text, size_t size)
{
	const struct candidate c = {.roots = trust_is_roots(st->st_uid, st->st_mode),
				    .age = time(NULL) - st->st_ctim.tv_sec};
	const char *reason;
	char answer[512];

	if (has_plan(path)) {
		snprintf(text, size, "it has a plan");
	} else if (ask_publisher(path, st, answer, sizeof(answer))) {
		snprintf(text, size, "no plan: %s", answer);
	} else {
		worth_a_plan(&c, &reason);
		snprintf(text, size, "no plan: %s, but no publisher listens", reason);
	}
}

int
command_why(char **programs)
{
	json_t *list = json_array();
	int status = 0;

	for (; *programs; programs++) {
		char *path = find_program(*programs), text[600] = "there is no such program";
		struct stat st;

		if (path && stat(path, &st) == 0)
			explain(path, &st, text, sizeof(text));
		else
			status = 1;
		if (options.json) {
			json_array_append_new(list,
					      json_pack("{so so}", "program", json_text(*programs),
							"why", json_text(text)));
		} else {
			print_escaped(*programs);
			fputs(": ", stdout);
			print_escaped(text);
			putchar('\n');
		}
		free(path);
	}
	if (options.json)
		print_json(json_pack("{so}", "programs", list));
	else
		json_decref(list);
	return status;
}
