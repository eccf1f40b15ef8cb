#include "cache/store/prune.h"
#include "base/heap.h"

#define EXAMINED 6 /* plans: more than one launch adds */
#define NAME_DIGITS 16
#define NAMES_SIZE 65536 /* bytes of directory entries at a time */
#define KEY_SIZE 8192
#define LONG_UNUSED 86400 /* seconds */

#define O_NOATIME 01000000

/* getdents64(2) */
struct entry {
	uint64_t ino;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

struct chosen {
	char names[EXAMINED][NAME_DIGITS + 1];
	uint64_t seen, random;
};

static uint64_t
next_number(struct chosen *c)
{
	c->random = hash_checksum(&c->seen, sizeof(c->seen), c->random);
	return c->random;
}

/* Each name is chosen with the same probability, however many come. */
static void
offer(struct chosen *c, const char *name)
{
	uint64_t at;

	if (strlen(name) != NAME_DIGITS) /* not a plan's: "." and "..", which may come first */
		return;
	at = c->seen++;
	if (at >= EXAMINED)
		at = next_number(c) % c->seen;
	if (at < EXAMINED)
		memcpy(c->names[at], name, NAME_DIGITS + 1);
}

static void
choose(int dir, char *buffer, struct chosen *c)
{
	long got;

	while ((got = sys_call(__NR_getdents64, dir, (long)buffer, NAMES_SIZE, 0, 0, 0)) > 0)
		for (long at = 0; at < got;) {
			const struct entry *e = (const struct entry *)(buffer + at);

			offer(c, e->name);
			at += e->length;
		}
}

/* The value of the key's line that begins so; it ends at the line's end. NULL: none does. */
static char *
key_value(char *key, const char *begin)
{
	for (char *line = key; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (starts_with(line, begin))
			return line + strlen(begin);
	}
	return NULL;
}

static void
end_line(char *value)
{
	char *end = strchr(value, '\n');

	if (end)
		*end = 0;
}

/* The absolute path of the program that a key is for; `path` holds KEY_SIZE bytes. */
static bool
program_path(char *key, char *path)
{
	char *program = key_value(key, "program="), *cwd = key_value(key, "cwd=");

	if (!program || (*program != '/' && !cwd))
		return false;
	end_line(program);
	if (*program == '/')
		return message_format(path, KEY_SIZE, "%s", program) < KEY_SIZE;
	end_line(cwd);
	return message_format(path, KEY_SIZE, "%s/%s", cwd, program) < KEY_SIZE;
}

/* Is it a plan of ours that no launch will use: its program is gone, and it was used once, or not
 * for long? Others may see files where we see none. *program becomes the path. */
static bool
is_over(int fd, struct plan_header *h, char *buffer)
{
	char *key = buffer, *program = buffer + KEY_SIZE;
	struct file_id id, now;
	int64_t time[2];

	if (sys_fstat(fd, &id) < 0 || !store_trusts(&id) ||
	    sys_pread(fd, h, sizeof(*h), 0) != (long)sizeof(*h) ||
	    memcmp(h->magic, PLAN_MAGIC, sizeof(h->magic)) != 0 || h->version != STORE_VERSION ||
	    h->kind != PLAN_CLOSURE || h->key.count >= KEY_SIZE)
		return false;
	if (sys_pread(fd, key, h->key.count, h->key.offset) != (long)h->key.count)
		return false;
	key[h->key.count] = 0;
	if (!program_path(key, program) || sys_stat(program, &now) != -ENOENT)
		return false;
	return !h->prefault.count ||
	       (sys_call(__NR_clock_gettime, 0 /* CLOCK_REALTIME */, (long)time, 0, 0, 0, 0) == 0 &&
		time[0] - id.mtime_sec > LONG_UNUSED);
}

static void
examine(struct store *s, const char *name, char *buffer)
{
	char path[STORE_PATH + 64];
	struct plan_header h;
	int fd;

	message_format(path, sizeof(path), "%s/plans/%s", s->dir, name);
	/* to look at a plan is not to use it: those not used for longest go first */
	fd = store_open_file(s, path, SYS_O_RDONLY | O_NOATIME, 0);
	if (fd < 0) /* another user's */
		return;
	if (is_over(fd, &h, buffer)) {
		store_remove(s, path);
		message_format(path, sizeof(path), "%s/init-pages/%lx", s->dir,
			       format_init_pages_name(h.plan_id));
		store_remove(s, path);
		store_drop_record(buffer + KEY_SIZE);
	}
	sys_close(fd);
}

void
prune_plans(struct store *s)
{
	struct chosen c = {.seen = 0};
	char path[STORE_PATH + 64], *buffer;
	int dir;

	if (options.link_seed) /* what is made for an image is to be the same each time */
		return;
	message_format(path, sizeof(path), "%s/plans", s->dir);
	dir = store_open_file(s, path, SYS_O_RDONLY | SYS_O_DIRECTORY, 0);
	buffer = scratch_alloc(NAMES_SIZE);
	sys_call(__NR_getrandom, (long)&c.random, sizeof(c.random), 0, 0, 0, 0);
	if (dir >= 0 && buffer) {
		choose(dir, buffer, &c);
		for (uint32_t i = 0; i < EXAMINED && c.names[i][0]; i++)
			examine(s, c.names[i], buffer);
	}
	if (dir >= 0)
		sys_close(dir);
	scratch_free(buffer, NAMES_SIZE);
}
