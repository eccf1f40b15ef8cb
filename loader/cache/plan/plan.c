/* The fast way: find a plan, check what it was made from, map it. */
#include "cache/plan/plan.h"
#include "base/filtered.h"
#include "base/process_args.h"
#include "base/self_image.h"
#include "rtld/stubs.h"
#include "cache/warm/init_pages.h"
#include "lib/plan_inputs.h"
#include "lib/region.h"
#include "lib/request.h"
#include "cache/warm/prefault.h"
#include "base/heap.h"
#include "base/populate.h"

#define PATH_SIZE 4096
#define NO_PLAN (1UL << 20) /* a key that is so long has none */
#define CPU_LINE 32 /* bytes that a key's line of the CPU takes at most, and a NUL */

struct key {
	char *text;
	size_t size, length;
	bool complete; /* with the kind of CPU */
};

static void
add_to_key(struct key *k, const char *name, const char *value)
{
	size_t bytes_left = k->length < k->size ? k->size - k->length : 0;

	/* an unset variable is not an empty one */
	k->length += message_format(k->text + (bytes_left ? k->length : 0), bytes_left, "%s%s%s\n",
				    name, value ? "=" : "", value ? value : "");
}

/* Where a relative path begins; without a name it has no plan. A call of its own, for its stack. */
static __attribute__((noinline)) void
add_directory(struct key *k)
{
	char cwd[PATH_SIZE];

	/* ld.so does not call getcwd(2) */
	if (!launch_is_filtered() && sys_getcwd(cwd, sizeof(cwd)) > 0 && cwd[0] == '/')
		add_to_key(k, "cwd", cwd);
	else
		k->length += NO_PLAN;
}

/* What tells the plans of one program apart, but for the kind of CPU. False: it is too long. */
static bool
begin_key(struct key *k, const char *program)
{
	uint8_t build[HASH_SIZE] = {0};
	char build_text[2 * HASH_SIZE + 1];

	k->length = 0;
	k->complete = false;
	self_image_build_id(build);
	hash_text(build, build_text);
	add_to_key(k, "build", build_text);
	add_to_key(k, "program", program);
	if (program[0] != '/')
		add_directory(k);
	for (size_t i = 0; i < REQUEST_VARIABLES; i++)
		add_to_key(k, request_variables[i],
			   process_args_getenv(&process_args, request_variables[i]));
	add_to_key(k, "preload", options.preload);
	add_to_key(k, "library-path", options.library_path);
	return k->length + CPU_LINE < k->size;
}

/* Put the kind of CPU in: that is a trap in a virtual machine, so once a plan is at hand. */
static void
complete_key(struct key *k)
{
	char line[CPU_LINE], *at;
	size_t length, begin = format_cpu_line(k->text, k->length, &length);

	if (k->complete)
		return;
	length = message_format(line, sizeof(line), "cpu=%lx\n", arch_cpu_features_hash());
	at = k->text + begin;
	memmove(at + length, at, k->length - begin);
	memcpy(at, line, length);
	k->length += length;
	k->complete = true;
}

size_t
plan_key(const char *program, char *text, size_t size)
{
	struct key k = {.text = text, .size = size};

	if (!begin_key(&k, program))
		return NO_PLAN;
	complete_key(&k);
	return k.length;
}

static struct plan current SYS_COLD_END; /* its end holds a thousand descriptors */
static struct file_id bad[PLANS_OF_KEY] SYS_COLD; /* plans that this launch has found so */
static unsigned nbad;
static bool found_stale, newest_is_stale;

static char long_key[16384] SYS_COLD;

void
plan_path(const struct store *s, const char *program, char *path, size_t size)
{
	size_t key_size = plan_key(program, long_key, sizeof(long_key));

	/* a longer key has no plan */
	plan_file(s, long_key, key_size < sizeof(long_key) ? key_size : 0,
		  current.tables.bytes ? current.number : 0, path, size);
}

static bool
key_matches(const struct plan *p, const char *key, size_t size)
{
	const struct plan_part *k = &p->header.key;

	return k->count == size && memcmp(p->tables.bytes + k->offset, key, size) == 0;
}

static bool
stale(const char *path, const char *how)
{
	found_stale = true;
	if (options.verbose)
		message_print(2, "xipld: plan is stale: %s %s\n", path, how);
	return false;
}

static bool
inputs_unchanged(struct plan *p)
{
	struct plan_inputs inputs = {.tables = &p->tables};
	const char *path, *how;

	path = plan_inputs_check(&inputs, &how);
	p->inputs_moved = inputs.moved;
	return !path || stale(path, how);
}

/* Map `size` bytes as *m begins, where nothing is mapped. */
static bool
make_map(const struct plan_map *m, size_t size, int fd)
{
	int flags = SYS_MAP_PRIVATE | SYS_MAP_FIXED_NOREPLACE | (fd < 0 ? SYS_MAP_ANONYMOUS : 0);
	long at = sys_mmap(m->address, size, (int)m->prot, flags, fd, m->offset);

	if (sys_failed(at))
		return false;
	if ((uintptr_t)at != m->address) {
		sys_munmap((uintptr_t)at, size);
		return false;
	}
	return true;
}

/* How many maps from *m on lie side by side in memory and in their file, and are not written to. */
static uint32_t
row_length(const struct plan_map *m, const struct plan_map *end)
{
	const struct plan_map *n = m + 1;

	if (m->file == PLAN_NO_FILE || (m->prot & SYS_PROT_WRITE))
		return 1;
	for (; n < end && n->file == m->file && !(n->prot & SYS_PROT_WRITE) &&
	       n->address == n[-1].address + n[-1].size && n->offset == n[-1].offset + n[-1].size;
	     n++)
		;
	return (uint32_t)(n - m);
}

/* Map what is written to, page by page from init pages or from its own file.
 */
static bool
make_parts(struct plan *p, uint32_t number, int fd)
{
	const struct plan_map *m = &p->tables.maps[number];
	struct plan_map part;

	for (uintptr_t at = m->address; at < m->address + m->size; at += part.size) {
		bool from_init_pages = init_pages_part(p, number, at, &part);

		if (!make_map(&part, part.size, from_init_pages ? p->init_pages_fd : fd)) {
			sys_munmap(m->address, at - m->address);
			return false;
		}
	}
	p->mapped++;
	return true;
}

/*
 * Map a row. It is mapped whole as its first part is, and the others' protection changed where it
 * is another's: headers, text and constants take two system calls instead of three, the second a
 * cheaper one.
 */
static bool
make_row(struct plan *p, const struct plan_map *m, uint32_t count, int fd)
{
	size_t size = m[count - 1].address + m[count - 1].size - m->address;

	for (uint32_t i = 0; i < count; i++)
		if ((m[i].prot & SYS_PROT_WRITE) && (m[i].prot & SYS_PROT_EXEC))
			return false;
	if (p->init_pages && (m->prot & SYS_PROT_WRITE))
		return make_parts(p, (uint32_t)(m - p->tables.maps), fd);
	if (!make_map(m, size, fd))
		return false;
	p->mapped += count;
	for (uint32_t i = 1; i < count; i++)
		if (m[i].prot != m->prot &&
		    sys_mprotect(m[i].address, m[i].size, (int)m[i].prot) < 0)
			return false;
	return true;
}

/* One is closed as ld.so would: perhaps no more is known yet than that there is a filter. */
static void
close_row(int first, int last)
{
	if (first == last)
		sys_close(first);
	else
		sys_call(__NR_close_range, first, last, 0, 0, 0, 0);
}

/* Close what was opened, and the descriptor before the first: in one call if the kernel gave us a
 * row of them. */
static void
close_files(struct plan *p, bool one_before)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < p->nfds; i++) {
		if (i + 1 < p->nfds && p->fds[i + 1] == p->fds[i] + 1)
			continue;
		close_row(p->fds[from] - (one_before && !from), p->fds[i]);
		from = i + 1;
	}
	p->nfds = 0;
}

/* Open file number `number`, if it still is what it was. */
static int
open_file(struct plan *p, uint32_t number)
{
	const struct plan_file *f = &p->tables.files[number];
	struct file_id now;
	const char *path;
	int fd;

	if (p->nfds == sizeof(p->fds) / sizeof(p->fds[0]))
		return -EMFILE; /* more files than descriptors to hand: run without the plan */
	path = plan_string(&p->tables, f->path);
	fd = store_has(&store, path) ? store_open_file(&store, path, SYS_O_RDONLY, 0)
				     : sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	p->fds[p->nfds++] = fd;
	if (sys_fstat(fd, &now) < 0 || !file_unchanged(&now, &f->id)) {
		stale(path, "has changed");
		return -ENOENT;
	}
	return fd;
}

/* The descriptor to map file number `number` from; negative: none, or it has changed. */
static int
map_file(struct plan *p, uint32_t number)
{
	if (number == PLAN_SELF)
		return p->fd;
	return number < p->header.files.count ? open_file(p, number) : -1;
}

static bool
map_all(struct plan *p, plan_named_fn *named)
{
	const struct plan_map *end = p->tables.maps + p->header.maps.count;
	uint32_t file = PLAN_NO_FILE, count;
	int fd = -1;

	init_pages_open(p);
	for (const struct plan_map *m = p->tables.maps; m < end; m += count) {
		if (m->file != file) {
			file = m->file;
			fd = map_file(p, file);
			if (fd < 0 && file != PLAN_NO_FILE)
				return false;
			if (file == p->header.executable) {
				p->program_fd = fd;
				named((const struct rtld *)p->header.rtld, fd);
			}
		}
		count = row_length(m, end);
		if (!make_row(p, m, count, fd))
			return false;
	}
	if (p->program_fd < 0)
		p->program_fd = open_file(p, p->header.executable);
	return p->program_fd >= 0;
}

static void
undo(struct plan *p)
{
	for (uint32_t i = 0; i < p->mapped; i++)
		sys_munmap(p->tables.maps[i].address, p->tables.maps[i].size);
	p->program_fd = -1; /* is among them */
	close_files(p, false);
}

/* Open the file that is named after the key, and read its header. */
static bool
open_header(struct plan *p, struct store *s, const char *key, size_t key_size, enum plan_kind kind)
{
	struct file_id *id = &p->id;
	char path[STORE_PATH + 64];

	*id = (struct file_id){0};
	p->fd = p->program_fd = -1;
	p->nfds = p->mapped = 0;
	p->tables.bytes = NULL;
	plan_file(s, key, key_size, p->number, path, sizeof(path));
	p->fd = store_open_plan(s, path);
	if (p->fd < 0)
		return false;
	p->fds[p->nfds++] = p->fd;
	if (sys_fstat(p->fd, id) < 0 || !store_trusts(id) ||
	    sys_pread(p->fd, &p->header, sizeof(p->header), 0) != (long)sizeof(p->header))
		return false;
	p->tables.size = (size_t)id->size;
	p->own = id->uid == (uint32_t)process_args_aux(&process_args, AT_EUID);
	p->tables.header = &p->header;
	return !plan_check_header(&p->header, p->tables.size) && p->header.kind == kind;
}

/* A plan that this launch has found bad is not read again. */
static bool
is_known_bad(const struct file_id *id)
{
	for (unsigned i = 0; i < nbad; i++)
		if (file_unchanged(id, &bad[i]))
			return true;
	return false;
}

/*
 * Map a plan where its heap belongs: the heap's image comes first behind the header, the tables lie
 * behind it and are only read. Until the process is known to be under no filter, only system calls
 * that ld.so makes are made.
 */
static bool
open_closure(struct plan *p, struct store *s, struct key *key)
{
	long at;

	if (!open_header(p, s, key->text, key->length, PLAN_CLOSURE) || is_known_bad(&p->id) ||
	    plan_check_heap(&p->header, sizeof(struct rtld)) || launch_is_filtered())
		return false;
	complete_key(key);
	at = sys_mmap(p->header.heap, p->tables.size - page_size, SYS_PROT_READ | SYS_PROT_WRITE,
		      SYS_MAP_PRIVATE | SYS_MAP_FIXED_NOREPLACE, p->fd, page_size);
	if (sys_failed(at))
		return false;
	p->tables.bytes = (const char *)at - page_size;
	/* all of it is read now: rather than by one page fault after the other */
	populate_file((uintptr_t)at, p->tables.size - page_size);
	if ((uintptr_t)at != p->header.heap || plan_check_parts(&p->tables))
		return false;
	if (key_matches(p, key->text, key->length))
		return true;
	found_stale = true; /* it is another CPU's, and to be kept */
	return false;
}

static void
drop_plan(struct plan *p)
{
	undo(p);
	init_pages_close(p);
	if (p->tables.bytes)
		sys_munmap((uintptr_t)p->tables.bytes + page_size, p->tables.size - page_size);
	p->tables.bytes = NULL;
}

static bool
take_over(const struct plan *p)
{
	const struct plan_header *h = &p->header;

	if (!heap_adopt(h->heap, h->heap_size, sizeof(struct stub_targets),
			p->tables.size - page_size))
		return false;
	stubs_use_page(h->heap);
	rtld = (struct rtld *)h->rtld;
	rtld->program_fd = p->program_fd;
	rtld->search.platform = (const char *)process_args_aux(&process_args, AT_PLATFORM);
	stubs_adopt();
	return true;
}

/* Number `number` of the plans of this key: become it, if it is good. */
static bool
launch_from(struct plan *p, struct store *s, struct key *key, unsigned number, plan_named_fn *named)
{
	p->number = number;
	found_stale = false;
	p->init_pages = NULL;
	if (open_closure(p, s, key) && inputs_unchanged(p) && map_all(p, named)) {
		prefault_populate(p);
		if (p->init_pages)
			init_pages_prepare(p);
		if (take_over(p))
			return true;
	}
	drop_plan(p);
	if (p->id.ino && nbad < PLANS_OF_KEY)
		bad[nbad++] = p->id;
	newest_is_stale |= found_stale && number == 0;
	return false;
}

bool
plan_launch(struct store *s, const char *program, plan_named_fn *named)
{
	static char short_key[512];
	struct key key = {.text = short_key, .size = sizeof(short_key)};
	struct plan *p = &current;

	if (!begin_key(&key, program)) {
		key = (struct key){.text = long_key, .size = sizeof(long_key)};
		if (!begin_key(&key, program))
			return false;
	}
	for (unsigned number = 0; number < PLANS_OF_KEY; number++) {
		if (launch_from(p, s, &key, number, named)) {
			s->plan = p->header.plan_id;
			s->everybody = p->id.mode & 4;
			return true;
		}
		if (p->fd == -ENOENT) /* nor one of a higher number: plan_make_room */
			return false;
	}
	return false;
}

bool
plan_find(const char *program, plan_named_fn *named)
{
	for (int n = 0; store_choose(&store, n); n++)
		if (plan_launch(&store, program, named))
			return true;
	return false;
}

void
plan_make_room(struct store *s, const char *key, size_t key_size)
{
	char from[STORE_PATH + 64], to[STORE_PATH + 64];

	for (unsigned number = PLANS_OF_KEY - 1; number > 0 && newest_is_stale; number--) {
		plan_file(s, key, key_size, number - 1, from, sizeof(from));
		plan_file(s, key, key_size, number, to, sizeof(to));
		store_rename(s, from, to);
	}
}

struct plan *
plan_current(void)
{
	return current.tables.bytes ? &current : NULL;
}

void
plan_close_files(void)
{
	/* the store's directory was opened just before: one call closes all */
	bool with_store = store.opened && current.nfds && store.opened == current.fds[0];

	close_files(&current, with_store);
	if (with_store)
		store.opened = 0;
	store_leave(&store);
}

static struct plan dlopen_plan SYS_COLD;

struct plan *
plan_open_dlopen(struct store *s, const char *key, size_t key_size)
{
	struct plan *p = &dlopen_plan;
	long at;

	if (!open_header(p, s, key, key_size, PLAN_DLOPEN))
		return NULL;
	at = sys_mmap(0, p->tables.size - page_size, SYS_PROT_READ, SYS_MAP_PRIVATE, p->fd,
		      page_size);
	if (sys_failed(at))
		return NULL;
	p->tables.bytes = (const char *)at - page_size;
	return !plan_check_parts(&p->tables) && key_matches(p, key, key_size) ? p : NULL;
}

static bool
map_fits(const struct plan_map *m, struct object **list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (m->address >= list[i]->start && m->address < list[i]->end &&
		    m->size <= list[i]->end - m->address)
			return !((m->prot & SYS_PROT_WRITE) && (m->prot & SYS_PROT_EXEC)) &&
			       !((m->address | m->size) & (page_size - 1));
	return false;
}

bool
plan_fits(struct plan *p, struct object **list, uint32_t count)
{
	uint32_t file = PLAN_NO_FILE;

	for (uint64_t i = 0; i < p->header.maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (!map_fits(m, list, count))
			return false;
		if (m->file == file || m->file == PLAN_SELF)
			continue;
		file = m->file;
		if (file >= p->header.files.count || open_file(p, file) < 0)
			return false;
	}
	return true;
}

/* Files were opened in the order in which the maps name them, behind the plan's own. */
bool
plan_map_over(struct plan *p, struct error *error)
{
	uint32_t file = PLAN_NO_FILE, next = 0;

	for (uint64_t i = 0; i < p->header.maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];
		long at;

		if (m->file != file && m->file != PLAN_SELF) {
			file = m->file;
			next++;
		}
		at = sys_mmap(m->address, m->size, (int)m->prot, SYS_MAP_PRIVATE | SYS_MAP_FIXED,
			      m->file == PLAN_SELF ? p->fd : p->fds[next], m->offset);
		if (sys_failed(at))
			return error_set(error, "xipld", (int)-at, "cannot map relocated pages");
	}
	return true;
}

void
plan_close_dlopen(void)
{
	struct plan *p = &dlopen_plan;

	close_files(p, false);
	if (p->tables.bytes)
		sys_munmap((uintptr_t)p->tables.bytes + page_size, p->tables.size - page_size);
	p->tables.bytes = NULL;
}
