#include "cache/plan/ask.h"
#include "base/filtered.h"
#include "base/process_args.h"
#include "cache/plan/plan.h"
#include "cache/store/publisher.h"
#include "lib/trust.h"

static bool
has_environment(void)
{
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		if (process_args_getenv(&process_args, request_variables[i]))
			return true;
	return options.preload || options.library_path;
}

/* Root's publisher serves others with what is root's and nothing of theirs. */
static bool
is_for_system(const struct file_id *id)
{
	return store_user() == 0 || (trust_is_roots(id->uid, id->mode) && !has_environment());
}

SYS_HOT bool
ask_publisher(const char *program, int fd, const char **what)
{
	struct file_id id;
	long size, sent;
	size_t key;

	*what = "no publisher listens";
	if (!publisher_may_listen())
		return false;
	*what = "no publisher can be told what is wanted";
	if (launch_is_filtered() || sys_fstat(fd, &id) < 0)
		return false;
	size = publisher_begin();
	if (size < 0)
		return false;
	key = plan_key(program, publisher_datagram.text + size, REQUEST_KEY);
	if (key >= REQUEST_KEY)
		return false;
	sent = publisher_send(is_for_system(&id), REQUEST_PUBLISH, (size_t)size + key, -1);
	*what = "no publisher listens";
	if (sent == -EAGAIN)
		*what = "the publisher has too much to do";
	else if (sent > 0)
		*what = "the publisher was asked";
	return sent > 0;
}
