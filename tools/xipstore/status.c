/* xipstore status: how a store is, what its publisher did, what goes next. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/request.h"
#include "lib/trust.h"
#include "xipstore/ask.h"
#include "xipstore/command.h"
#include "xipstore/limit.h"
#include "xipstore/options.h"
#include "xipstore/output.h"
#include "xipstore/serve_counts.h"
#include "xipstore/serve_socket.h"

#define STATES (STATE_UNREADABLE + 1)
#define NEXT 5 /* plans that go next are named */

struct status {
	struct store store;
	struct budget budget;
	struct catalog catalog;
	size_t states[STATES], dlopen_plans;
	size_t next[NEXT], nnext;
	char publisher[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* empty: none answers */
	char counts[COUNTS_REASONS * (COUNTS_REASON + 24) + 1]; /* as it sent them */
};

/* The question, as serve's own options would have it sent; the caller frees. */
static char *
make_question(size_t *size)
{
	const char *named = store_named(options.store);
	struct question q;

	if (!question_begin(&q))
		return NULL;
	if (named)
		fprintf(q.to, "store=%s\n", named);
	return question_end(&q, REQUEST_STATUS, size);
}

static void
ask_publisher(struct status *s)
{
	struct error error;
	size_t size;
	uid_t who;
	char *question = make_question(&size);

	if (!question ||
	    !listener_path(options.socket, s->publisher, sizeof(s->publisher), &error) ||
	    (!options.socket && !ask_is_safe(s->publisher)) ||
	    !ask(s->publisher, question, size, s->counts, sizeof(s->counts), &who) ||
	    !trust_owner(who, geteuid()))
		s->publisher[0] = 0;
	free(question);
}

static json_t *
counts_json(char *text)
{
	json_t *report = json_object(), *reasons = NULL;
	char *line, *rest, *end;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const bool is_reason = *line == '\t';
		const uint64_t times = strtoull(line + is_reason, &end, 10);

		end += *end == ' ';
		if (is_reason) {
			if (reasons)
				json_array_append_new(reasons,
						      json_pack("{so so}", "reason", json_text(end),
								"times", json_count(times)));
			continue;
		}
		reasons = json_array();
		json_object_set_new(
			report, end,
			json_pack("{so so}", "times", json_count(times), "reasons", reasons));
	}
	return report;
}

static json_t *
next_json(const struct status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nnext; i++) {
		const struct entry *e = &s->catalog.list[s->next[i]];

		json_array_append_new(
			list,
			json_pack("{so so so so}", "plan", json_text(e->plan.name), "program",
				  json_text(e->plan.program), "size", json_count(e->size), "unused",
				  json_integer((json_int_t)(time(NULL) - e->used.tv_sec))));
	}
	return list;
}

static void
print_report(struct status *s)
{
	json_t *report = limit_json(&s->budget), *states = json_object();

	for (enum plan_state i = 0; i < STATES; i++)
		json_object_set_new(states, state_name(i), json_count(s->states[i]));
	json_object_set_new(report, "store", json_text(s->store.dir));
	json_object_set_new(report, "plans", states);
	json_object_set_new(report, "dlopen_plans", json_count(s->dlopen_plans));
	json_object_set_new(report, "publisher",
			    s->publisher[0] ? json_text(s->publisher) : json_null());
	json_object_set_new(report, "asked",
			    s->publisher[0] ? counts_json(s->counts) : json_null());
	json_object_set_new(report, "next", next_json(s));
	print_json(report);
}

static void
print_counts(const struct status *s)
{
	const char *line = s->counts;

	printf("publisher: ");
	if (!s->publisher[0]) {
		puts("none listens, or it does not answer");
		return;
	}
	print_escaped(s->publisher);
	puts(", since it began:");
	while (*line) {
		const size_t len = strcspn(line, "\n");
		char *text = must_format("%.*s", (int)len, line);
		const bool is_reason = *text == '\t';

		printf(is_reason ? "        " : "    ");
		print_escaped(text + is_reason);
		putchar('\n');
		free(text);
		line += len + (line[len] == '\n');
	}
}

static void
print_text(const struct status *s)
{
	printf("store: ");
	print_escaped(s->store.dir);
	printf("\nsize: %s (%" PRIu64 " bytes)\nlimit: ", size_text(s->budget.used).s,
	       s->budget.used);
	limit_print(&s->budget);
	printf("plans: %zu, %zu of them by dlopen", s->catalog.count, s->dlopen_plans);
	for (enum plan_state i = 0; i < STATES; i++)
		if (s->states[i])
			printf("; %zu %s", s->states[i], state_name(i));
	putchar('\n');
	print_counts(s);
	if (s->nnext)
		puts("if the limit is reached, these go next:");
	for (size_t i = 0; i < s->nnext; i++) {
		const struct entry *e = &s->catalog.list[s->next[i]];
		int used = printf("    %6s  unused %6s  ", size_text(e->size).s,
				  age_text(time(NULL) - e->used.tv_sec).s);

		print_path(e->plan.program, output_width() - used);
		putchar('\n');
	}
}

static bool
read_status(struct status *s, struct error *damage, struct error *error)
{
	struct usage usage;

	if (!store_open(&s->store, options.store, NULL, error) ||
	    !usage_read(&usage, s->store.dir, error))
		return false;
	if (!catalog_read(&s->catalog, &s->store, &usage, "status", error)) {
		usage_free(&usage);
		return false;
	}
	budget_read(&s->budget, &s->store, damage);
	for (size_t i = 0; i < s->catalog.count; i++) {
		const struct entry *e = &s->catalog.list[i];

		s->states[e->state]++;
		s->dlopen_plans +=
			e->plan.tables.header && e->plan.tables.header->kind == PLAN_DLOPEN;
	}
	s->nnext = collection_next(&s->store, &usage, &s->catalog, s->next, NEXT);
	usage_free(&usage);
	return true;
}

int
command_status(char **none)
{
	static struct status s;
	struct error error, damage;

	(void)none;
	if (!read_status(&s, &damage, &error)) {
		report_error(&error);
		return 1;
	}
	budget_complain(&damage);
	ask_publisher(&s);
	if (options.json)
		print_report(&s);
	else
		print_text(&s);
	catalog_free(&s.catalog);
	return damage.file[0] != 0;
}
