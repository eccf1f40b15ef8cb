#include "xipstore/whynot.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/files.h"
#include "xipstore/loader.h"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static char *
try_elsewhere(const char *program)
{
	static const char *const loader_options[] = {"--prepare", NULL};
	const char *tmp = getenv("TMPDIR");
	char *dir = must_format("%s/xipstore.XXXXXX", tmp && *tmp ? tmp : "/tmp"), *why;
	struct answer answer;
	struct error error;

	if (!mkdtemp(dir)) {
		why = must_format("unknown: no store to try it in can be made: %s",
				  strerror(errno));
		free(dir);
		return why;
	}
	if (!loader_ask(loader_options, dir, program, &answer, &error)) {
		why = must_format("unknown: %s: %s", error.file, error.what);
	} else {
		why = answer.status == 0 ? must_strdup("not-prepared")
					 : answer_why(&answer, program);
		answer_free(&answer);
	}
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(dir);
	return why;
}

char *
why_no_plan(const struct store *s, const char *program)
{
	struct error error;

	if (!store_may_write(s, &error))
		return must_strdup("store-unwritable");
	return try_elsewhere(program);
}
