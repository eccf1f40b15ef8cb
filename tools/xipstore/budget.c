#include "xipstore/budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/must.h"
#include "common/replace_file.h"
#include "xipstore/change.h"
#include "xipstore/files.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

#define DEPTH 3 /* DIR/e-N/objects/HASH */

static const char damaged[] = "; the default limit holds";

static void
read_limit(struct budget *b, const struct store *s, struct error *damage)
{
	char *path = must_format("%s/limit", s->dir), *bytes;
	struct limit_file file = {0};
	struct error error = {0};
	struct file_look look;
	const char *wrong;
	size_t size;

	b->set = (struct limit){LIMIT_DEFAULT, 0};
	if (file_look(path, &look) != ENOENT) {
		bytes = file_read(path, true, 2 * sizeof(file), &size, &error);
		if (bytes) {
			memcpy(&file, bytes, size < sizeof(file) ? size : sizeof(file));
			wrong = limit_decode(&file, size, &b->set);
			if (wrong)
				error_set(&error, path, 0, "%s", wrong);
		}
		free(bytes);
	}
	if (error.file[0]) {
		b->set = (struct limit){LIMIT_DEFAULT, 0};
		strncat(error.what, damaged, sizeof(error.what) - strlen(error.what) - 1);
	}
	if (damage)
		*damage = error;
	free(path);
}

/* Bytes of the files below a directory. What goes meanwhile counts or does not. */
static uint64_t
size_below(const char *dir, unsigned depth)
{
	struct names names;
	struct error error;
	uint64_t size = 0;

	if (!names_read(dir, &names, &error))
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		char *path = must_format("%s/%s", dir, names.list[i]);
		struct stat st;

		if (depth == DEPTH && strcmp(names.list[i], "images") == 0)
			;
		else if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			size += (uint64_t)st.st_blocks * 512;
		else if (depth > 1)
			size += size_below(path, depth - 1);
		free(path);
	}
	names_free(&names);
	return size;
}

void
budget_read(struct budget *b, const struct store *s, struct error *damage)
{
	struct statvfs fs;

	read_limit(b, s, damage);
	b->limit =
		limit_bytes(&b->set, statvfs(s->dir, &fs) == 0 ? (uint64_t)fs.f_blocks * fs.f_frsize
							       : 100 * LIMIT_BYTES);
	b->used = size_below(s->dir, DEPTH);
}

void
budget_wish(const struct budget *b, struct collection_wish *wish)
{
	wish->size = b->used;
	wish->limit = b->limit;
	wish->goal = b->limit - b->limit / 10;
}

void
budget_complain(const struct error *damage)
{
	if (damage->file[0])
		report_error(damage);
}

bool
budget_set(const struct store *s, const struct limit *limit, struct error *error)
{
	char *path = must_format("%s/limit", s->dir);
	struct limit_file file;
	struct replacement r = {0};
	int err;

	if (limit->unit == LIMIT_DEFAULT) {
		err = unlink(path) == 0 || errno == ENOENT ? 0 : errno;
	} else {
		limit_encode(&file, limit);
		err = replace_begin(&r, path, ".new", 0644);
		errno = 0;
		if (!err && write(r.fd, &file, sizeof(file)) != (ssize_t)sizeof(file))
			err = errno ? errno : EIO;
		if (!err)
			err = replace_commit(&r);
		if (err)
			replace_abandon(&r);
	}
	if (err)
		error_set(error, path, err, "cannot be written");
	free(path);
	return !err;
}

/* The store is locked: what it holds is measured again, as others may have made room. */
static bool
make_room(const struct change *change, struct error *error)
{
	struct collection_wish wish = {.older_than = -1, .keep_stale = true};
	struct collection c;
	struct budget b;
	size_t failed;
	bool ok;

	budget_read(&b, &change->store, NULL);
	if (b.used <= b.limit)
		return true;
	budget_wish(&b, &wish);
	ok = collection_make(&c, &change->store, &change->usage, &change->catalog, &wish, error) &&
	     collection_remove(&c, &change->store, &failed, error);
	collection_free(&c);
	return ok;
}

bool
budget_keep(struct error *error)
{
	struct change change;
	struct store store;
	struct error damage;
	struct budget b;
	bool ok;

	if (!store_open(&store, options.store, NULL, error))
		return false;
	budget_read(&b, &store, &damage);
	budget_complain(&damage);
	if (b.used <= b.limit)
		return true;
	ok = change_begin(&change, "limit", error) && make_room(&change, error);
	change_end(&change);
	return ok;
}
