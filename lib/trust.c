#include "lib/trust.h"
#include "lib/message.h"

#define PATH_SIZE 4096
#define DEPTH 64 /* directories above a store, or above a file that is public */

/* Step over blanks and this number. */
static bool
skip_number(const char **text, const char *number)
{
	const char *s = *text;

	while (*s == ' ')
		s++;
	if (!starts_with(s, number))
		return false;
	*text = s + strlen(number);
	return **text == ' ' || **text == '\n';
}

bool
trust_maps_all(const char *text)
{
	return skip_number(&text, "0") && skip_number(&text, "0") &&
	       skip_number(&text, "4294967295");
}

/* The second number of each line is the first of a range outside. */
bool
trust_leaves_root_out(const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		while (*line == ' ')
			line++;
		while (*line >= '0' && *line <= '9')
			line++;
		if (skip_number(&line, "0"))
			return false;
	}
	return *text != 0;
}

static void
read_map(char *text, size_t size)
{
	int fd = sys_open("/proc/self/uid_map", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	long got = fd >= 0 ? sys_read(fd, text, size - 1) : 0;

	text[got > 0 ? got : 0] = 0;
	if (fd >= 0)
		sys_close(fd);
}

/* Only where all numbers are mapped is the one that stands for all others that one's own. */
static bool
namespace_maps_all(void)
{
	char text[128];

	read_map(text, sizeof(text));
	return trust_maps_all(text);
}

bool
trust_root_is_unmapped(void)
{
	static bool known, unmapped;
	char text[1024];

	if (!known) {
		read_map(text, sizeof(text));
		unmapped = trust_leaves_root_out(text);
	}
	known = true;
	return unmapped;
}

bool
trust_owner(uint32_t uid, uint32_t own)
{
	static bool dlsyms, all;

	if (uid == 0)
		return true;
	if (uid != own)
		return false;
	if (uid != TRUST_OVERFLOW)
		return true;
	if (!dlsyms)
		all = namespace_maps_all();
	dlsyms = true;
	return all;
}

static bool
is_directory(const struct file_id *id)
{
	return mode_is_directory(id->mode);
}

static bool
is_same(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

bool
trust_parents(int dir, uint32_t own)
{
	char up[3 * DEPTH] = "..";
	struct file_id id = {0}, last;

	for (size_t n = 2; n + 4 < sizeof(up); n += 3) {
		last = id;
		if (sys_stat_at(dir, up, &id) < 0 || !is_directory(&id))
			return false;
		if (is_same(&id, &last)) /* the root is its own parent */
			return true;
		if (!trust_owner(id.uid, own) ||
		    ((id.mode & MODE_OTHERS_WRITE) && !(id.mode & MODE_STICKY)))
			return false;
		memcpy(up + n, "/..", 4);
	}
	return false;
}

/* May everybody go through the directory of this path's first `len` bytes, and those above? Files
 * come from few directories: the last that could be is remembered. */
static bool
is_way(char *path, size_t len)
{
	static char last[512] SYS_COLD;
	struct file_id id;
	bool open;

	path[len] = 0;
	if (streq(path, last))
		return true;
	for (size_t at = len; at > 0; at--) {
		if (path[at] != '/' && at != len)
			continue;
		path[at] = 0;
		open = sys_stat(path, &id) == 0 && (id.mode & MODE_OTHERS_EXECUTE);
		path[at] = '/';
		if (!open)
			return false;
	}
	path[len] = 0;
	if (len < sizeof(last))
		memcpy(last, path, len + 1);
	return true;
}

bool
trust_public(int fd, const struct file_id *id)
{
	char link[40], path[PATH_SIZE];
	const char *slash;
	struct file_id now;
	long len;

	if (!(id->mode & MODE_OTHERS_READ))
		return false;
	message_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = sys_readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || path[0] != '/')
		return false; /* it has no path */
	path[len] = 0;
	if (sys_stat(path, &now) < 0 || !is_same(&now, id))
		return false;
	slash = strrchr(path, '/');
	return is_way(path, (size_t)(slash - path));
}
