#include "lib/request.h"

#include "lib/sys.h"

#define PATH_MOST 4096 /* PATH_MAX */
#define STORE_MOST 512 /* STORE_PATH */
#define BUILD_DIGITS 64
#define PLAN_DIGITS 16

const char request_variables[REQUEST_VARIABLES][16] = {"LD_LIBRARY_PATH", "LD_PRELOAD",
						       "LD_BIND_NOW", "GLIBC_TUNABLES"};

void
request_header(struct request_header *h, enum request_kind kind, size_t size)
{
	*h = (struct request_header){
		.version = REQUEST_VERSION, .kind = kind, .size = (uint32_t)size};
	memcpy(h->magic, REQUEST_MAGIC, sizeof(h->magic));
}

/* What is left of the text. */
struct lines {
	const char *at, *end;
};

/* Take the next line if it is NAME or NAME=VALUE; *value is then its value, or not there. */
static bool
take_line(struct lines *l, const char *name, struct request_word *value)
{
	const char *at = l->at, *end = memchr(at, '\n', (size_t)(l->end - at));
	size_t len = strlen(name);

	*value = (struct request_word){NULL, 0};
	if (!end || (size_t)(end - at) < len || memcmp(at, name, len) != 0)
		return false;
	at += len;
	if (at < end && *at != '=')
		return false;
	if (at < end)
		*value = (struct request_word){at + 1, (size_t)(end - at - 1)};
	l->at = end + 1;
	return true;
}

static bool
is_absolute(const struct request_word *w, size_t most)
{
	return w->at && w->size < most && w->size > 0 && w->at[0] == '/';
}

static bool
is_hexadecimal(const struct request_word *w, size_t most)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < w->size; i++)
		if (!memchr(digits, w->at[i], sizeof(digits) - 1))
			return false;
	return w->at && w->size > 0 && w->size <= most;
}

/* The program's path and, if that is a relative one, where it begins. */
static const char *
take_program(struct lines *l, struct request *r)
{
	if (!take_line(l, "program", &r->program) || !r->program.at)
		return "it names no program";
	if (r->program.size >= PATH_MOST || !memchr(r->program.at, '/', r->program.size))
		return "its program has no path";
	if (is_absolute(&r->program, PATH_MOST))
		return NULL;
	if (!take_line(l, "cwd", &r->cwd) || !is_absolute(&r->cwd, PATH_MOST))
		return "its program's path begins nowhere";
	return NULL;
}

static const char *
take_key(struct lines *l, struct request *r)
{
	const char *wrong;

	if (!take_line(l, "build", &r->build) || !is_hexadecimal(&r->build, BUILD_DIGITS))
		return "it names no build of xipld";
	if (!take_line(l, "cpu", &r->cpu) || !is_hexadecimal(&r->cpu, 16))
		return "it names no kind of CPU";
	wrong = take_program(l, r);
	if (wrong)
		return wrong;
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		if (!take_line(l, request_variables[i], &r->variables[i]))
			return "it does not say all variables";
	if (!take_line(l, "preload", &r->preload) ||
	    !take_line(l, "library-path", &r->library_path))
		return "it does not say all options";
	return l->at == l->end ? NULL : "something stands behind its key";
}

static const char *
take_plan(struct lines *l, struct request *r)
{
	if (!take_line(l, "plan", &r->plan) || !is_hexadecimal(&r->plan, PLAN_DIGITS) ||
	    r->plan.size != PLAN_DIGITS)
		return "it names no plan";
	return l->at == l->end ? NULL : "something stands behind its plan";
}

static const char *
check_header(const struct request_header *h, size_t size)
{
	if (memcmp(h->magic, REQUEST_MAGIC, sizeof(h->magic)) != 0)
		return "it is no request";
	if (h->version != REQUEST_VERSION)
		return "it is of another version";
	if (h->kind < REQUEST_PUBLISH || h->kind >= REQUEST_KINDS || h->zero)
		return "it is of an unknown kind";
	return h->size == size ? NULL : "it is not as long as it says";
}

const char *
request_parse(const void *datagram, size_t size, struct request *r)
{
	struct request_header h;
	struct lines l = {(const char *)datagram + sizeof(h), (const char *)datagram + size};
	const char *wrong;

	*r = (struct request){0};
	if (size < sizeof(h))
		return "it is too short";
	if (size > REQUEST_MOST)
		return "it is too long";
	memcpy(&h, datagram, sizeof(h)); /* which need not be aligned */
	wrong = check_header(&h, size);
	if (wrong)
		return wrong;
	r->kind = h.kind;
	if (memchr(l.at, 0, (size_t)(l.end - l.at)))
		return "it has a NUL in its text";
	if (take_line(&l, "store", &r->store) && !is_absolute(&r->store, STORE_MOST))
		return "its store has no path";
	r->key = (struct request_word){l.at, (size_t)(l.end - l.at)};
	if (r->key.size >= REQUEST_KEY)
		return "its key is too long";
	if (r->kind == REQUEST_STATUS)
		return l.at == l.end ? NULL : "something stands behind its store";
	return r->kind == REQUEST_KEEP ? take_plan(&l, r) : take_key(&l, r);
}

bool
request_has_environment(const struct request *r)
{
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		if (r->variables[i].at)
			return true;
	return r->preload.at || r->library_path.at;
}
