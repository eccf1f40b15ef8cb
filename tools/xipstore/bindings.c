/* xipstore bindings: from which object to which each symbol is bound. */
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "xipstore/command.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

struct binding {
	const char *from, *to, *symbol, *version, *how;
};

/* One line of xipld --bindings: five fields, cut out in place. */
static bool
parse_line(char *line, struct binding *b)
{
	const char **fields[] = {&b->from, &b->to, &b->symbol, &b->version, &b->how};

	for (size_t i = 0; i < 5; i++) {
		char *tab = strchr(line, '\t');

		*fields[i] = line;
		if ((i < 4) != (tab != NULL))
			return false;
		if (!tab)
			break;
		*tab = 0;
		line = tab + 1;
	}
	return true;
}

static int
by_symbol(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;
	const char *const pairs[][2] = {{x->from, y->from},
					{x->symbol, y->symbol},
					{x->version, y->version},
					{x->to, y->to},
					{x->how, y->how}};
	int order = 0;

	for (size_t i = 0; i < 5 && !order; i++)
		order = strcmp(pairs[i][0], pairs[i][1]);
	return order;
}

/* All lines, sorted, each once; the caller frees. */
static struct binding *
parse_bindings(char *out, size_t *count)
{
	struct binding *list = NULL;
	size_t n = 0, capacity = 0, kept = 0;

	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n")) {
		must_reserve(&list, &capacity, n + 1, sizeof(*list));
		n += parse_line(line, &list[n]);
	}
	if (n)
		qsort(list, n, sizeof(*list), by_symbol);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_symbol(&list[i], &list[kept - 1]) != 0)
			list[kept++] = list[i];
	*count = kept;
	return list;
}

static const char *
target(const struct binding *b)
{
	return strcmp(b->to, "-") == 0 ? "(undefined)" : b->to;
}

static void
print_text(const struct binding *list, size_t count)
{
	const char *from = "";

	for (size_t i = 0; i < count; i++) {
		const struct binding *b = &list[i];
		int used = 2;

		if (strcmp(from, b->from) != 0) {
			from = b->from;
			print_escaped(from);
			putchar('\n');
		}
		fputs("  ", stdout);
		print_escaped(b->symbol);
		used += (int)strlen(b->symbol);
		if (strcmp(b->version, "-") != 0) {
			putchar('@');
			print_escaped(b->version);
			used += 1 + (int)strlen(b->version);
		}
		printf("%*s  %-4s  ", used < 36 ? 36 - used : 0, "", b->how);
		print_path(target(b),
			   output_width() ? output_width() - (used < 36 ? 44 : used + 8) : 0);
		putchar('\n');
	}
}

static json_t *
make_json(const char *program, const struct binding *list, size_t count)
{
	json_t *bindings = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct binding *b = &list[i];
		json_t *one = json_object();

		json_object_set_new(one, "from", json_text(b->from));
		json_object_set_new(one, "to",
				    strcmp(b->to, "-") == 0 ? json_null() : json_text(b->to));
		json_object_set_new(one, "symbol", json_text(b->symbol));
		json_object_set_new(one, "version",
				    strcmp(b->version, "-") == 0 ? json_null()
								 : json_text(b->version));
		json_object_set_new(one, "how", json_text(b->how));
		json_array_append_new(bindings, one);
	}
	return json_pack("{soso}", "program", json_text(program), "bindings", bindings);
}

/* Returns the report of one program, or NULL after a message. */
static bool
show_program(const char *program, json_t *reports)
{
	static const char *const loader_options[] = {"--bindings", NULL};
	struct binding *list;
	struct answer answer;
	struct error error;
	size_t count;

	if (!loader_ask(loader_options, NULL, program, &answer, &error)) {
		report_error(&error);
		return false;
	}
	if (answer.status != 0) {
		char *why = answer_why(&answer, program);

		error_set(&error, program, 0, "%s", why);
		report_error(&error);
		free(why);
		answer_free(&answer);
		return false;
	}
	list = parse_bindings(answer.out, &count);
	if (options.json)
		json_array_append_new(reports, make_json(program, list, count));
	else
		print_text(list, count);
	free(list);
	answer_free(&answer);
	return true;
}

int
command_bindings(char **programs)
{
	json_t *reports = json_array();
	int status = 0;

	for (; *programs; programs++)
		if (!show_program(*programs, reports))
			status = 1;
	if (options.json)
		print_json(json_pack("{so}", "programs", reports));
	else
		json_decref(reports);
	return status;
}
