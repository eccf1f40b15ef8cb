/* libFuzzer: what launches send to a publisher. */
#include <stdlib.h>
#include <string.h>

#include "lib/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A word lies in the text, behind a '=', and before the end of its line. */
static void
check_word(const struct request_word *w, const char *text, const char *end)
{
	if (!w->at)
		return;
	if (w->at <= text || w->at > end || w->size >= (size_t)(end - w->at) || w->at[-1] != '=' ||
	    w->at[w->size] != '\n' || memchr(w->at, '\n', w->size) || memchr(w->at, 0, w->size))
		abort();
}

static void
check(const struct request *r, const char *text, const char *end)
{
	const struct request_word *words[] = {&r->store, &r->build,   &r->cpu,	       &r->program,
					      &r->cwd,	 &r->preload, &r->library_path};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		check_word(words[i], text, end);
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		check_word(&r->variables[i], text, end);
	check_word(&r->plan, text, end);
	if (r->kind == REQUEST_KEEP) {
		if (!r->plan.at || r->program.at)
			abort();
		return;
	}
	if (r->kind == REQUEST_STATUS) {
		if (r->plan.at || r->program.at || r->key.size)
			abort();
		return;
	}
	if (!r->program.at || !r->build.at || r->key.at < text || r->key.at + r->key.size != end)
		abort();
	if ((r->program.at[0] == '/') == (r->cwd.at != NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request_header *h = malloc(size ? size : 1);
	struct request r;

	memcpy(h, data, size);
	if (size >= sizeof(*h) && size <= REQUEST_MOST)
		h->size = (uint32_t)size;
	if (!request_parse(h, size, &r))
		check(&r, (const char *)(h + 1), (const char *)h + size);
	free(h);
	return 0;
}
