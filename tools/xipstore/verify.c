/* xipstore verify: all content of a store against its sums and names. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "xipstore/budget.h"
#include "xipstore/catalog.h"
#include "xipstore/command.h"
#include "xipstore/files.h"
#include "xipstore/options.h"
#include "xipstore/output.h"

#define OBJECT_LIMIT (8UL << 30) /* bytes; nothing larger is an object */

static struct {
	json_t *problems, *notes;
	size_t nproblems, nnotes;
	size_t objects, plans, relocated; /* looked at */
} result;

#define INIT_PAGES_LIMIT (1UL << 24)

static const char remedy_gc[] = "xipstore gc removes it";
static const char remedy_remove[] = "remove it: launches do without";
static const char remedy_rerandomize[] = "xipstore rerandomize begins a new epoch";

static void
add_line(bool problem, const char *file, const char *what, const char *remedy)
{
	json_array_append_new(problem ? result.problems : result.notes,
			      json_pack("{so so ss}", "file", json_text(file), "what",
					json_text(what), "remedy", remedy));
	result.nproblems += problem;
	result.nnotes += !problem;
	if (options.json)
		return;
	progress_end();
	fputs(problem ? "problem: " : "note: ", stdout);
	print_escaped(file);
	printf(": ");
	print_escaped(what);
	printf(" (%s)\n", remedy);
}

/* Something is wrong with a file of the store. */
static void
problem(const char *file, const char *remedy, const char *what)
{
	add_line(true, file, what, remedy);
}

/* Nothing is wrong, but something is of no use any more. */
static void
note(const char *file, const char *remedy, const char *what)
{
	add_line(false, file, what, remedy);
}

/* A directory or a file of the store that the loader would not believe. */
static bool
is_trusted(const char *path, bool directory)
{
	struct file_look look;
	int err = file_look(path, &look);

	if (err == ENOENT) /* nothing was published yet; what is missed is named one by one */
		return false;
	if (err) {
		problem(path, remedy_rerandomize, strerror(err));
		return false;
	}
	if (look.directory != directory)
		problem(path, "remove it", directory ? "is not a directory" : "is not a file");
	else if (file_distrust(&look))
		problem(path, "chmod go-w or chown it", file_distrust(&look));
	else
		return true;
	return false;
}

static void
verify_directories(const struct store *s)
{
	static const char *const subs[] = {"", "/objects", "/relocated"};
	char path[STORE_PATH + 64];

	snprintf(path, sizeof(path), "%s/plans", s->dir);
	is_trusted(path, true);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", s->epoch_dir, subs[i]);
		is_trusted(path, true);
	}
}

static bool
is_store_copy(const struct store *s, const char *path)
{
	size_t len = strlen(s->epoch_dir);

	return strncmp(path, s->epoch_dir, len) == 0 && path[len] == '/';
}

/* The canonical copy: there, unchanged, and of the content that its record names. */
static void
verify_copy(const struct store *s, const struct index_record *r)
{
	uint8_t hash[HASH_SIZE];
	struct file_id now;
	struct error error;
	size_t size;
	char *bytes;
	bool own = is_store_copy(s, r->path);

	if (sys_stat(r->path, &now) < 0) {
		if (own)
			problem(r->path, remedy_gc, "canonical copy is gone");
		else
			note(r->path, remedy_gc, "object of the index is gone");
		return;
	}
	if (!own && !same_file(&now, &r->id)) {
		note(r->path, remedy_gc, "object of the index has changed since");
		return;
	}
	bytes = file_read(r->path, own, OBJECT_LIMIT, &size, &error);
	if (!bytes) {
		problem(r->path, remedy_gc, error.what);
		return;
	}
	hash_content(bytes, size, hash);
	free(bytes);
	if (memcmp(hash, r->hash, HASH_SIZE) != 0)
		problem(r->path,
			own ? "remove it: the next launch makes it again"
			    : "reinstall the file: its times are as before, its content is not",
			"content is not what its record names");
	else if (!same_file(&now, &r->id))
		note(r->path, remedy_gc, "copy of the store has other times than its record");
}

/* The baseline relocated pages that a record names: there, big enough, of the record's sum. */
static void
verify_relocated(const struct store *s, const struct index_record *r)
{
	char path[STORE_PATH + 96];
	struct file_look look;
	uint64_t sum = 0;
	char *page;
	int fd;

	/* those in an image are not the store's: mkxip --check looks at them */
	if (!r->relocated_id || r->relocated_id == STORE_RELOCATED_IN_IMAGE)
		return;
	snprintf(path, sizeof(path), "%s/relocated/%lx", s->epoch_dir,
		 (unsigned long)r->relocated_id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || file_look(path, &look) != 0 || !look.regular) {
		problem(path, remedy_rerandomize, "relocated pages cannot be opened");
		if (fd >= 0)
			close(fd);
		return;
	}
	result.relocated++;
	if (r->relocated_offset > look.size ||
	    r->relocated_pages > (look.size - r->relocated_offset) / page_size) {
		problem(path, remedy_rerandomize, "relocated pages are cut off");
		close(fd);
		return;
	}
	page = must_array(page_size, 1);
	for (uint64_t i = 0; i < r->relocated_pages; i++) {
		if (pread(fd, page, page_size, (off_t)(r->relocated_offset + i * page_size)) !=
		    (ssize_t)page_size)
			break;
		sum = format_add_page(sum, page, page_size);
	}
	free(page);
	close(fd);
	if (sum != r->relocated_sum) {
		char *what = must_format("relocated pages of %s have a wrong sum", r->path);

		problem(path, remedy_rerandomize, what);
		free(what);
	} else if (file_distrust(&look)) {
		problem(path, "chmod go-w or chown it", file_distrust(&look));
	}
}

static void
verify_index(const struct store *s)
{
	char path[STORE_PATH + 64];
	struct index index;
	struct error error;

	snprintf(path, sizeof(path), "%s/index", s->epoch_dir);
	if (!index_read(&index, s, &error)) {
		problem(error.file, remedy_rerandomize, error.what);
		return;
	}
	if (index.damaged || index.cut) {
		char *what = must_format("%zu damaged record%s, %zu bytes that are no record",
					 index.damaged, plural(index.damaged), index.cut);

		problem(path, remedy_rerandomize, what);
		free(what);
	}
	for (size_t i = 0; i < index.count; i++) {
		const struct index_record *r = &index.list[i];

		if (!index_object(&index, r))
			problem(path, remedy_gc, "an alias of an object that is not there");
		if (r->kind != RECORD_OBJECT)
			continue;

		progress("verify: object %zu/%zu %s", i + 1, index.count, r->path);
		if (i && r->slot && r[-1].slot && memcmp(r->hash, r[-1].hash, HASH_SIZE) != 0 &&
		    r->slot < r[-1].slot + r[-1].span)
			problem(path, remedy_rerandomize, "two objects have overlapping slots");
		verify_copy(s, r);
		verify_relocated(s, r);
	}
	for (size_t i = 0; i < index.count; i++)
		result.objects += index.list[i].kind == RECORD_OBJECT;
	index_free(&index);
}

/* A file that a plan maps from must be long enough: a page behind its end is a SIGBUS. */
static void
verify_map_sizes(const struct entry *e)
{
	const struct plan *p = &e->plan;

	for (uint64_t i = 0; i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];
		const struct plan_file *f =
			m->file < p->tables.header->files.count ? &p->tables.files[m->file] : NULL;
		uint64_t capacity = f ? PAGE_ALIGN_UP((uint64_t)f->id.size) : 0;

		if (f && (m->offset > capacity || m->size > capacity - m->offset)) {
			problem(e->path, "xipstore gc, then launch or add the program",
				"maps pages behind the end of a file");
			return;
		}
	}
}

static int
by_address(const void *a, const void *b)
{
	const struct plan_map *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void
verify_overlaps(const struct entry *e)
{
	uint64_t count = e->plan.tables.header->maps.count;
	struct plan_map *maps = must_array(count, sizeof(*maps));

	memcpy(maps, e->plan.tables.maps, count * sizeof(*maps));
	if (count)
		qsort(maps, count, sizeof(*maps), by_address);
	for (uint64_t i = 1; i < count; i++) {
		if (maps[i].address < maps[i - 1].address + maps[i - 1].size) {
			problem(e->path, remedy_gc, "has mappings that overlap");
			break;
		}
	}
	free(maps);
}

/* Init pages: who may not read it has no use for it, and a launch without it
 * only has more pages of its own. */
static void
verify_alike(const struct store *s, const struct entry *e)
{
	const struct plan_header *h = e->plan.tables.header;
	char path[STORE_PATH + 64], *bytes;
	const struct init_pages_file *f;
	struct error error;
	size_t size;

	snprintf(path, sizeof(path), "%s/init-pages/%lx", s->dir,
		 (unsigned long)format_init_pages_name(h->plan_id));
	if (!h->init_pages || access(path, R_OK) != 0)
		return;
	bytes = file_read(path, true, INIT_PAGES_LIMIT, &size, &error);
	f = (const struct init_pages_file *)bytes;
	if (!bytes)
		problem(path, remedy_remove, error.what);
	else if (size < page_size || memcmp(f->magic, INIT_PAGES_MAGIC, sizeof(f->magic)) != 0 ||
		 f->checksum != format_init_pages_checksum(f, size))
		problem(path, remedy_remove, "has a wrong checksum");
	else if (f->plan_id != h->plan_id || f->pages != h->init_pages)
		problem(path, remedy_remove, "is not of the plan that its name says");
	free(bytes);
}

static void
verify_plan(const struct store *s, const struct entry *e)
{
	if (e->state == STATE_UNREADABLE && access(e->path, R_OK) != 0) {
		note(e->path, "its owner can verify it", "is not for everybody");
		return;
	}
	if (e->state == STATE_UNREADABLE) {
		problem(e->path, remedy_gc, e->why);
		return;
	}
	if (!e->plan.tables.header) {
		note(e->path, remedy_gc, e->why);
		return;
	}
	verify_map_sizes(e);
	verify_overlaps(e);
	verify_alike(s, e);
	if (e->state == STATE_STALE || e->state == STATE_OTHER_EPOCH || e->state == STATE_ORPHAN)
		note(e->path, remedy_gc, e->why);
}

/* Names that nothing of the store has: temporary files of dead publishers, or somebody else's. */
static void
verify_names(const struct store *s)
{
	struct names names;
	struct error error;
	char path[STORE_PATH + 300];

	if (!names_read(s->dir, &names, &error))
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.list[i];

		snprintf(path, sizeof(path), "%s/%s", s->dir, name);
		if (strcmp(name, "epoch") == 0 || strcmp(name, "limit") == 0 ||
		    strcmp(name, "plans") == 0 || strcmp(name, "init-pages") == 0 ||
		    strcmp(name, "images") == 0 || /* xipld --image: each has a store of its own */
		    (s->has_epoch && strcmp(path, s->epoch_dir) == 0))
			continue;
		if (strncmp(name, "e-", 2) == 0)
			note(path, remedy_gc, "an epoch that is over");
		else if (strncmp(name, "epoch.", 6) == 0 || strncmp(name, "limit.", 6) == 0)
			note(path, remedy_gc, "temporary file");
		else
			note(path, "look at it", "is none of the store's files");
	}
	names_free(&names);
}

static bool
verify_store(struct store *s, const struct error *damage, struct error *error)
{
	struct catalog catalog;
	struct error limit_damage;
	struct budget budget;

	if (!s->has_epoch && damage->number != ENOENT)
		problem(damage->file, "xipstore rerandomize, or the next launch, makes a new one",
			damage->what);
	if (s->has_epoch) {
		verify_directories(s);
		verify_index(s);
	}
	budget_read(&budget, s, &limit_damage);
	if (limit_damage.file[0])
		problem(limit_damage.file, "xipstore limit default", limit_damage.what);
	if (!catalog_read(&catalog, s, NULL, "verify", error))
		return false;
	result.plans = catalog.count;
	for (size_t i = 0; i < catalog.count; i++)
		verify_plan(s, &catalog.list[i]);
	catalog_free(&catalog);
	verify_names(s);
	return true;
}

static void
print_result(const struct store *s)
{
	progress_end();
	if (options.json) {
		print_json(json_pack("{so so so so so so}", "store", json_text(s->dir), "objects",
				     json_count(result.objects), "relocated",
				     json_count(result.relocated), "plans",
				     json_count(result.plans), "problems", result.problems, "notes",
				     result.notes));
		return;
	}
	print_escaped(s->dir);
	printf(": %zu object%s, %zu with relocated pages, %zu plan%s: %zu problem%s, %zu note%s\n",
	       result.objects, plural(result.objects), result.relocated, result.plans,
	       plural(result.plans), result.nproblems, plural(result.nproblems), result.nnotes,
	       plural(result.nnotes));
	json_decref(result.problems);
	json_decref(result.notes);
}

int
command_verify(char **none)
{
	struct error error, damage;
	struct store store;

	(void)none;
	result.problems = json_array();
	result.notes = json_array();
	if (!store_open(&store, options.store, &damage, &error) ||
	    !verify_store(&store, &damage, &error)) {
		report_error(&error);
		return 1;
	}
	print_result(&store);
	return result.nproblems != 0;
}
