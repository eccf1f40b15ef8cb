/* xipstore limit: how much of the disk a store may take. */
#include <inttypes.h>

#include "xipstore/budget.h"
#include "xipstore/command.h"
#include "xipstore/limit.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

static const char *
unit_name(const struct limit *l)
{
	static const char *const names[] = {[LIMIT_OF_BYTES] = "bytes",
					    [LIMIT_OF_FILE_SYSTEM] = "percent",
					    [LIMIT_NONE] = "none",
					    [LIMIT_DEFAULT] = "default"};

	return names[l->unit];
}

json_t *
limit_json(const struct budget *b)
{
	return json_pack("{so so so ss}", "limit",
			 b->limit == UINT64_MAX ? json_null() : json_count(b->limit), "percent",
			 b->set.unit == LIMIT_OF_FILE_SYSTEM ? json_count(b->set.value)
							     : json_null(),
			 "used", json_count(b->used), "set", unit_name(&b->set));
}

void
limit_print(const struct budget *b)
{
	if (b->limit == UINT64_MAX)
		printf("none");
	else
		printf("%s (%" PRIu64 " bytes)", size_text(b->limit).s, b->limit);
	if (b->set.unit == LIMIT_DEFAULT)
		printf(", by default: the lesser of %s and %d%% of the file system",
		       size_text(LIMIT_BYTES).s, LIMIT_PERCENT);
	if (b->set.unit == LIMIT_OF_FILE_SYSTEM)
		printf(", %" PRIu64 "%% of the file system", b->set.value);
	putchar('\n');
}

static int
print(const struct store *s)
{
	struct error damage;
	struct budget b;
	json_t *report;

	budget_read(&b, s, &damage);
	budget_complain(&damage);
	if (options.json) {
		report = limit_json(&b);
		json_object_set_new(report, "store", json_text(s->dir));
		print_json(report);
	} else {
		limit_print(&b);
	}
	return damage.file[0] != 0;
}

int
command_limit(char **words)
{
	struct store store;
	struct error error;
	struct limit limit = {0};
	const char *wrong = words[0] ? limit_parse(words[0], &limit) : NULL;
	bool ok;

	if (wrong)
		return usage_error(words[0], wrong);
	if (words[0] && words[1])
		return usage_error(words[1], "unexpected argument");
	ok = store_open(&store, options.store, NULL, &error);
	if (ok && words[0]) {
		ok = store_may_write(&store, &error) &&
		     (!store.has_epoch || store_lock(&store, options.wait, &error)) &&
		     budget_set(&store, &limit, &error);
		store_unlock(&store);
	}
	if (!ok) {
		report_error(&error);
		return 1;
	}
	return print(&store);
}
