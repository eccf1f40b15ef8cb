#include "image/inside.h"
#include "lib/message.h"
#include "lib/sys.h"

#define PATH_SIZE 4096
#define PRELINK_MAX 40 /* as the kernel follows */

/* Where a walk is: a path without links or "..", relative to the root; and what is left of it. */
struct walk {
	char at[PATH_SIZE], rest[PATH_SIZE];
	int links;
};

static void
go_up(struct walk *w)
{
	char *slash = strrchr(w->at, '/');

	*(slash ? slash : w->at) = 0;
}

/* `to` is what a link says; the rest of the path follows it. */
static int
follow(struct walk *w, const char *to, const char *rest)
{
	char joined[PATH_SIZE];

	if (++w->links > PRELINK_MAX)
		return -ELOOP;
	if (to[0] == '/')
		w->at[0] = 0;
	if (message_format(joined, sizeof(joined), "%s/%s", to, rest) >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(w->rest, joined, sizeof(joined));
	return 0;
}

/* One component further; `rest` is what lies behind it. */
static int
step(struct walk *w, int root, const char *name, const char *rest)
{
	char next[PATH_SIZE], to[PATH_SIZE];
	long len;
	int err = 0;

	if (streq(name, "..")) {
		go_up(w);
	} else if (*name && !streq(name, ".")) {
		if (message_format(next, sizeof(next), "%s%s%s", w->at, w->at[0] ? "/" : "",
				   name) >= sizeof(next))
			return -ENAMETOOLONG;
		len = sys_call(__NR_readlinkat, root, (long)next, (long)to, sizeof(to) - 1, 0, 0);
		if (len >= 0) {
			to[len] = 0;
			return follow(w, to, rest);
		}
		memcpy(w->at, next, sizeof(next));
		err = len == -EINVAL ? 0 : (int)len; /* no link */
	}
	memmove(w->rest, rest, strlen(rest) + 1);
	return err;
}

int
inside_open(int root, const char *path)
{
	static struct walk w SYS_COLD;
	int err = 0;

	w.at[0] = 0;
	w.links = 0;
	if (message_format(w.rest, sizeof(w.rest), "%s", path) >= sizeof(w.rest))
		return -ENAMETOOLONG;
	while (!err && w.rest[0]) {
		char name[256];
		char *end = strchr(w.rest, '/');
		size_t len = end ? (size_t)(end - w.rest) : strlen(w.rest);

		if (len >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, w.rest, len);
		name[len] = 0;
		err = step(&w, root, name, end ? end + 1 : "");
	}
	if (err)
		return err;
	return (int)sys_call(__NR_openat, root, (long)(w.at[0] ? w.at : "."),
			     SYS_O_RDONLY | SYS_O_CLOEXEC | SYS_O_NOFOLLOW | SYS_O_NONBLOCK, 0, 0,
			     0);
}
