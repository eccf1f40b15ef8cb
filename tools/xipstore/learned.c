#include "xipstore/learned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"
#include "common/replace_file.h"
#include "lib/init_pages_file.h"
#include "xipstore/files.h"
#include "xipstore/options.h"
#include "xipstore/store.h"

/* The header of `now` with what a launch learns taken from another: all else must be the same. */
static bool
is_same_header(const struct plan_header *now, const struct plan_header *h)
{
	struct plan_header same = *now;

	same.checksum = h->checksum;
	same.size = h->size;
	same.dlsyms.count = h->dlsyms.count;
	same.prefault = h->prefault;
	same.prefault_written = h->prefault_written;
	same.prefault_large = h->prefault_large;
	same.init_pages = h->init_pages;
	same.init_pages_sum = h->init_pages_sum;
	return memcmp(&same, h, sizeof(same)) == 0;
}

/* The learned parts end the file, one behind the other. */
static bool
parts_end_file(const struct plan_header *h)
{
	uint64_t at = h->dlsyms.offset + h->dlsyms.count * sizeof(struct plan_dlsym);

	return h->prefault.offset == at &&
	       h->size == at + h->prefault.count * sizeof(struct plan_prefault);
}

static bool
is_within(const struct plan_prefault *r, uint64_t address, uint64_t size)
{
	return r->address >= address && r->address - address <= size &&
	       r->size <= size - (r->address - address);
}

/* What is to be brought in lies in the heap or in mappings that stand side by side. */
static bool
is_mapped(const struct plan_tables *p, const struct plan_prefault *r)
{
	uint64_t at = r->address, end = r->address + r->size, before;

	if ((r->address | r->size) & (page_size - 1) || !r->size || end < at)
		return false;
	if (is_within(r, p->header->heap, p->header->heap_size))
		return true;
	do {
		before = at;
		for (uint64_t i = 0; i < p->header->maps.count; i++)
			if (at - p->maps[i].address < p->maps[i].size)
				at = p->maps[i].address + p->maps[i].size;
	} while (at != before && at < end);
	return at >= end;
}

static bool
names_end(const struct plan_tables *p)
{
	for (uint64_t i = 0; i < p->header->dlsyms.count; i++)
		if (p->dlsyms[i].name[sizeof(p->dlsyms[i].name) - 1])
			return false;
	return true;
}

static bool
init_pages_fit(const struct plan_tables *p, const char *file, size_t size)
{
	const struct init_pages_file *f = (const struct init_pages_file *)file;

	if (size == 0)
		return !p->header->init_pages && !p->header->init_pages_sum;
	return size >= page_size && init_pages_is_sound(p, f, size) &&
	       (!p->header->init_pages || p->header->init_pages == f->pages);
}

const char *
learned_check(const struct plan_tables *now, const char *bytes, size_t size, size_t *plan_size)
{
	const struct plan_header *h = (const struct plan_header *)bytes;
	const uint64_t rest = now->header->dlsyms.offset;
	struct plan_tables p;
	const char *problem;

	if (size < page_size || h->size > size)
		return "is too short";
	problem = plan_check(&p, bytes, h->size, sizeof(uint64_t));
	if (problem)
		return problem;
	if (h->kind != PLAN_CLOSURE || rest > h->size || rest > now->size ||
	    !is_same_header(now->header, h) ||
	    memcmp(bytes + sizeof(*h), now->bytes + sizeof(*h), rest - sizeof(*h)) != 0)
		return "differs from the plan in more than what is learned";
	if (!parts_end_file(h))
		return "has parts that do not end it";
	if (!names_end(&p))
		return "has a name without an end";
	for (uint64_t i = 0; i < h->prefault.count; i++)
		if (!is_mapped(&p, &p.prefault[i]))
			return "names pages that are not the plan's";
	*plan_size = h->size;
	return init_pages_fit(&p, bytes + h->size, size - h->size)
		       ? NULL
		       : "has init pages that do not fit";
}

/* A whole file in memory that nobody else can change. */
static char *
read_all(int file, size_t *size)
{
	struct stat st;
	char *bytes;
	size_t got = 0;

	if (fstat(file, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (size_t)st.st_size > PLAN_LIMIT)
		return NULL;
	*size = (size_t)st.st_size;
	bytes = must_alloc(*size);
	while (got < *size) {
		ssize_t n = pread(file, bytes + got, *size - got, (off_t)got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (got == *size)
		return bytes;
	free(bytes);
	return NULL;
}

static int
replace(const char *path, const char *bytes, size_t size, mode_t mode)
{
	struct replacement r;
	int error = replace_begin(&r, path, ".new", mode);
	size_t put = 0;

	while (!error && put < size) {
		ssize_t n = write(r.fd, bytes + put, size - put);

		if (n < 0 && errno != EINTR)
			error = errno;
		put += n > 0 ? (size_t)n : 0;
	}
	if (!error)
		return replace_commit(&r);
	replace_abandon(&r);
	return error;
}

/* The pages first: a plan that names them finds them. */
static int
write_files(const struct store *s, const struct plan *now, const char *path, const char *bytes,
	    size_t size, size_t plan_size)
{
	char *directory = must_format("%s/init-pages", s->dir);
	char *pages =
		must_format("%s/%lx", directory,
			    (unsigned long)format_init_pages_name(now->tables.header->plan_id));
	struct stat st;
	int error = stat(path, &st) < 0 ? errno : 0;

	if (!error && size > plan_size) {
		mkdir(directory, geteuid() == 0 ? 0755 : 0700);
		error = replace(pages, bytes + plan_size, size - plan_size, 0600);
	} else if (!error) {
		unlink(pages);
	}
	if (!error)
		error = replace(path, bytes, plan_size, st.st_mode & 0644);
	free(pages);
	free(directory);
	return error;
}

/* The store is locked: nobody changes the plan while it is compared. */
static char *
keep_locked(const struct store *s, const char *name, char *bytes, size_t size)
{
	char *path = must_format("%s/plans/%s", s->dir, name), *why = NULL;
	size_t old_size, plan_size;
	struct error error;
	char *old = file_read(path, true, PLAN_LIMIT, &old_size, &error);
	const char *wrong;
	struct plan now;
	int err;

	wrong = old ? plan_decode(&now, old, old_size) : "is gone";
	if (wrong) {
		free(old);
		free(path);
		return must_format("the plan %s", wrong);
	}
	wrong = learned_check(&now.tables, bytes, size, &plan_size);
	err = wrong ? 0 : write_files(s, &now, path, bytes, size, plan_size);
	if (wrong)
		why = must_format("what is handed in %s", wrong);
	else if (err)
		why = must_format("%s: %s", path, strerror(err));
	plan_free(&now);
	free(path);
	return why;
}

char *
learned_keep(int file, const char *name)
{
	size_t size;
	char *bytes = read_all(file, &size), *why = NULL;
	struct store s;
	struct error error;

	if (!bytes)
		return must_strdup("what is handed in cannot be read");
	if (store_open(&s, options.store, NULL, &error) && s.has_epoch &&
	    store_lock(&s, options.wait, &error)) {
		why = keep_locked(&s, name, bytes, size);
		store_unlock(&s);
	} else {
		why = must_strdup("store-busy");
	}
	free(bytes);
	return why;
}
