#include "lib/plan_inputs.h"
#include "lib/ld_cache.h"
#include "lib/message.h"

#include <asm/statfs.h>

#define PATH_SIZE 4096

static char place[PATH_SIZE] SYS_COLD; /* of what has appeared */

static char place[PATH_SIZE] SYS_COLD; /* of what has appeared */

static const char changed[] = "has changed", appeared[] = "has appeared", gone[] = "is gone";

static bool
is_current_directory(const char *path)
{
	char cwd[PATH_SIZE];

	return sys_getcwd(cwd, sizeof(cwd)) > 0 && streq(cwd, path);
}

/* The pages of an equal file do not make this one executable. */
static bool
lies_on_noexec(const char *path)
{
	struct statfs fs;

	return sys_call(__NR_statfs, (long)path, (long)&fs, 0, 0, 0, 0) < 0 ||
	       (fs.f_flags & SYS_ST_NOEXEC);
}

/* The cache as it is now, mapped; NULL: there is none. */
static const char *
map_cache(size_t *size)
{
	int fd = sys_open(LD_CACHE_FILE, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	struct file_id id;
	long at = -1;

	*size = 0;
	if (fd < 0)
		return NULL;
	if (sys_fstat(fd, &id) == 0 && id.size > 0) {
		at = sys_mmap(0, (size_t)id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
		*size = (size_t)id.size;
	}
	sys_close(fd);
	return sys_failed(at) ? NULL : (const char *)at;
}

/* Does the cache give each look-up the answer that it had? */
static bool
answers_are_same(const struct plan_tables *t)
{
	const char *hwcaps[4], *found, *cache;
	uint32_t count = arch_hwcaps(hwcaps);
	bool same = true;
	size_t size;

	cache = map_cache(&size);
	for (uint64_t i = 0; i < t->header->lookups.count && same; i++) {
		found = cache ? ld_cache_lookup(cache, size, plan_string(t, t->lookups[i].name),
						hwcaps, count)
			      : NULL;
		same = streq(found ? found : "", plan_string(t, t->lookups[i].path));
	}
	if (cache)
		sys_munmap((uintptr_t)cache, PAGE_ALIGN_UP(size));
	return same;
}

/* Has something appeared that would be found first? Then place is where. */
static bool
has_newcomer(struct plan_inputs *all)
{
	const struct plan_tables *t = all->tables;
	struct file_id now;

	for (uint64_t i = 0; i < t->header->tried.count; i++) {
		message_format(place, sizeof(place), "%s/%s", plan_string(t, t->tried[i].directory),
			       plan_string(t, t->tried[i].name));
		if (sys_stat(place, &now) == 0)
			return true;
	}
	return false;
}

static const char *
check_cache(struct plan_inputs *in, const struct plan_input *cache)
{
	struct file_id now;
	bool there = sys_stat(LD_CACHE_FILE, &now) == 0;

	if (there ? cache->id.ino && file_unchanged(&now, &cache->id) : !cache->id.ino)
		return NULL;
	in->moved = true;
	return answers_are_same(in->tables) ? NULL : changed;
}

/* *path becomes that of what has appeared in it, or in another that was searched. */
static const char *
check_directory(struct plan_inputs *in, const struct plan_input *dir, const char **path)
{
	struct file_id now;

	if (sys_stat(*path, &now) < 0)
		return gone;
	if (file_unchanged(&now, &dir->id))
		return NULL;
	in->moved = true;
	if (in->tried_is_checked || !has_newcomer(in)) {
		in->tried_is_checked = true;
		return NULL;
	}
	*path = place;
	return appeared;
}

/* The program's path, a line of the key, in place. */
static bool
find_program(struct plan_inputs *all)
{
	static const char name[] = "program=";
	const struct plan_tables *t = all->tables;
	const char *at = t->key, *key_end = at + t->header->key.count, *end;

	for (; at < key_end; at = end + 1) {
		end = memchr(at, '\n', (size_t)(key_end - at));
		if (!end)
			break;
		if ((size_t)(end - at) < sizeof(name) || memcmp(at, name, sizeof(name) - 1) != 0)
			continue;
		at += sizeof(name) - 1;
		if ((size_t)(end - at) >= sizeof(place))
			break;
		memcpy(place, at, (size_t)(end - at));
		place[end - at] = 0;
		return true;
	}
	return false;
}

/* Its file alone does not tell: it may have two names, by a hard link. */
static bool
program_leads_to(struct plan_inputs *all, const char *path)
{
	char link[40];
	long len;
	int fd;

	if (!find_program(all))
		return false;
	if (all->anywhere && place[0] != '/')
		return true;
	fd = sys_open(place, SYS_O_PATH | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	message_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = sys_readlink(link, place, sizeof(place));
	sys_close(fd);
	return len == (long)strlen(path) && memcmp(place, path, (size_t)len) == 0;
}

static const char *
check_file(const struct plan_input *in, const char *path)
{
	struct file_id now;
	bool there = sys_stat(path, &now) == 0;

	if (in->kind == PLAN_INPUT_ABSENT)
		return there ? appeared : NULL;
	if (!there)
		return gone;
	if (in->kind == PLAN_INPUT_REPLACED && lies_on_noexec(path))
		return "lies on a mount that forbids to execute";
	return file_unchanged(&now, &in->id) ? NULL : changed;
}

static const char *
check(struct plan_inputs *all, const struct plan_input *in, const char **path)
{
	if (all->anywhere && (in->kind == PLAN_INPUT_CWD || (*path)[0] != '/'))
		return NULL; /* only a launch knows where it is */
	switch (in->kind) {
	case PLAN_INPUT_CWD:
		return is_current_directory(*path) ? NULL : "is not the current directory";
	case PLAN_INPUT_LD_CACHE:
		return check_cache(all, in);
	case PLAN_INPUT_DIRECTORY:
		return check_directory(all, in, path);
	case PLAN_INPUT_PROGRAM:
		return program_leads_to(all, *path) ? NULL : "is not the program any more";
	default:
		return check_file(in, *path);
	}
}

bool
plan_inputs_hold(struct plan_inputs *all)
{
	return answers_are_same(all->tables) && !has_newcomer(all);
}

const char *
plan_inputs_check(struct plan_inputs *all, const char **how)
{
	const struct plan_tables *t = all->tables;

	all->moved = all->tried_is_checked = false;
	for (uint64_t i = 0; i < t->header->inputs.count; i++) {
		const char *path = plan_string(t, t->inputs[i].path);

		*how = check(all, &t->inputs[i], &path);
		if (*how)
			return path;
	}
	return NULL;
}
