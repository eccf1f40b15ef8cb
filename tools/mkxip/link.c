#include "mkxip/link.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/epoch.h"
#include "lib/prelink.h"
#include "mkxip/report.h"

/* PATH for the programs' names: what most systems have */
#define SEARCH_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DIRECTORY_MODE (S_IFDIR | 0555)
#define FILE_MODE (S_IFREG | 0444)
#define COMMAND_WORDS 16 /* of --loader */

static char open_dir[4096]; /* of the linking that is open, for link_abandon */

bool
link_open(struct linking *l, struct error *error)
{
	const char *tmp = getenv("TMPDIR");

	l->dir[0] = 0;
	if (snprintf(open_dir, sizeof(open_dir), "%s/mkxip-XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
		    (int)sizeof(open_dir) ||
	    !mkdtemp(open_dir)) {
		open_dir[0] = 0;
		return error_set(error, tmp && *tmp ? tmp : "/tmp", errno,
				 "cannot make a directory for --link (TMPDIR)");
	}
	memcpy(l->dir, open_dir, sizeof(l->dir));
	snprintf(l->image, sizeof(l->image), "%s/image", l->dir);
	return true;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void
link_close(struct linking *l)
{
	if (l->dir[0])
		nftw(l->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	l->dir[0] = open_dir[0] = 0;
}

void
link_abandon(void)
{
	pid_t child;

	if (!open_dir[0])
		return;
	child = fork();
	if (child == 0) {
		execl("/bin/rm", "rm", "-rf", open_dir, (char *)NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

/* The loader: beside mkxip, or in PATH. */
static const char *
loader_name(void)
{
	static char path[PATH_MAX + 8];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	path[len > 0 ? len : 0] = 0;
	slash = strrchr(path, '/');
	if (slash) {
		strcpy(slash + 1, "xipld");
		if (access(path, X_OK) == 0)
			return path;
	}
	return "xipld";
}

/* The whole file; NULL with *error. The caller frees it. */
static uint8_t *
read_whole(const char *path, size_t *size, struct error *error)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = NULL;
	struct stat st;

	if (!f || fstat(fileno(f), &st) != 0) {
		error_set(error, path, errno, "cannot open what was linked");
	} else {
		bytes = must_alloc((size_t)st.st_size);
		*size = fread(bytes, 1, (size_t)st.st_size, f);
		if (*size != (size_t)st.st_size) {
			error_set(error, path, errno, "cannot read what was linked");
			free(bytes);
			bytes = NULL;
		}
	}
	if (f)
		fclose(f);
	return bytes;
}

/* Random numbers would make another image each time: the image itself decides. */
static bool
make_seed(const struct linking *l, char seed[20], struct error *error)
{
	uint8_t hash[HASH_SIZE], *bytes;
	uint64_t n;
	size_t size;

	bytes = read_whole(l->image, &size, error);
	if (!bytes)
		return false;
	hash_content(bytes, size, hash);
	free(bytes);
	memcpy(&n, hash, sizeof(n));
	snprintf(seed, 20, "%" PRIx64, n | 1);
	return true;
}

/* The words of a command, for execvp. Returns their number; 0 if there are none or too many. */
static size_t
split(const char *command, const char **words)
{
	char *copy = must_strdup(command), *rest = NULL;
	size_t count = 0;

	for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		if (count == COMMAND_WORDS)
			return 0;
		words[count++] = w;
	}
	return count;
}

/* Becomes the loader; its output goes to a file. */
static void
run_loader(const struct linking *l, const char *loader, const char *seed, const char *program)
{
	char store[4200], answer[4200];
	char *environment[] = {SEARCH_PATH, NULL};
	const char *own[] = {"--store", store,	     "--image", l->image, "--link-seed",
			     seed,	"--prepare", "--",	program,  NULL};
	const char *arguments[COMMAND_WORDS + sizeof(own) / sizeof(own[0])];
	size_t words = 1;
	int fd;

	if (loader)
		words = split(loader, arguments);
	else
		arguments[0] = loader_name();
	memcpy(arguments + words, own, sizeof(own));

	snprintf(store, sizeof(store), "%s/store", l->dir);
	snprintf(answer, sizeof(answer), "%s/answer", l->dir);
	fd = open(answer, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(1);
	if (!words) {
		dprintf(2, "--loader: not 1 to %d words\n", COMMAND_WORDS);
		_exit(127);
	}
	execvpe(arguments[0], (char **)arguments, environment);
	dprintf(2, "%s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

/* What the loader said last, without its name and the program's. */
static const char *
last_words(const char *text, const char *program)
{
	const char *line = strrchr(text, '\n');

	line = line ? line + 1 : text;
	if (strncmp(line, "xipld: ", 7) == 0)
		line += 7;
	if (strncmp(line, program, strlen(program)) == 0 && line[strlen(program)] == ':')
		line += strlen(program) + 2;
	return line;
}

static bool
link_one(const struct linking *l, const struct options *o, const char *seed, const char *program)
{
	char path[4200];
	struct error error, ignored;
	int status = -1;
	char *answer;
	size_t size = 0;
	pid_t child = fork();

	if (child == 0)
		run_loader(l, o->loader, seed, program);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0) {
		if (o->verbose)
			printf("%s: linked\n", program);
		return true;
	}
	snprintf(path, sizeof(path), "%s/answer", l->dir);
	answer = (char *)read_whole(path, &size, &ignored);
	while (size && answer[size - 1] == '\n')
		size--;
	if (answer)
		answer[size] = 0;
	error_set(&error, program, 0, "not linked: %s",
		  answer && size ? last_words(answer, program) : "xipld ended without a word");
	report_error(&error);
	free(answer);
	return false;
}

static struct node *
add_node(struct tree *t, struct node *dir, const char *name, uint32_t mode)
{
	struct node *n = node_insert(t, dir, name);

	n->mode = mode;
	return n;
}

/* A file that is not in the source; it takes the bytes. */
static void
add_file(struct tree *t, struct node *dir, const char *name, uint8_t *bytes, size_t size)
{
	struct node *n = add_node(t, dir, name, FILE_MODE);

	n->bytes = bytes;
	n->size = size;
}

/* What is put together from the loader's store. */
struct collecting {
	struct tree *tree;
	char store[4500]; /* of the image */
	struct epoch_file epoch;
	struct index_record *records;
	size_t nrecords, record_capacity;
	uint64_t *plans;
	size_t nplans, plan_capacity;
	struct prelink_pages *pages;
	size_t npages, pages_capacity;
};

/* The image's store, below the directory of images of the one that was given: its name is long. */
static bool
find_store(struct collecting *c, const struct linking *l, struct error *error)
{
	char images[4200];
	struct dirent *e;
	DIR *dir;

	snprintf(images, sizeof(images), "%s/store/images", l->dir);
	dir = opendir(images);
	c->store[0] = 0;
	while (dir && (e = readdir(dir)))
		if (strlen(e->d_name) == 2 * HASH_SIZE)
			snprintf(c->store, sizeof(c->store), "%s/%.64s/store", images, e->d_name);
	if (dir)
		closedir(dir);
	return c->store[0] || error_set(error, images, 0, "nothing was linked there");
}

static bool
read_epoch(struct collecting *c, struct error *error)
{
	char path[4600];
	const char *problem;
	uint8_t *bytes;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/epoch", c->store);
	bytes = read_whole(path, &size, error);
	if (!bytes)
		return false;
	memcpy(&c->epoch, bytes, size < sizeof(c->epoch) ? size : sizeof(c->epoch));
	problem = epoch_check_bytes(&c->epoch, size); /* it may be another machine's */
	free(bytes);
	return !problem || error_set(error, path, 0, "%s", problem);
}

/* Does the host's, or a copy, show there when the image is run? */
static bool
is_hidden(const char *path)
{
	static const char names[][8] = {("/" IMAGE_OWN_DIR), "/tmp", "/dev", "/proc", "/sys"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(path, names[i], len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

/* Records of objects; which files they were here is nobody's business. */
static bool
read_records(struct collecting *c, struct error *error)
{
	char path[4600];
	uint8_t *bytes;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/e-%" PRIx64 "/index", c->store, c->epoch.number);
	bytes = read_whole(path, &size, error);
	for (size_t at = 0; bytes && at + sizeof(struct index_record) <= size;
	     at += sizeof(struct index_record)) {
		struct index_record *r;

		must_reserve(&c->records, &c->record_capacity, c->nrecords + 1,
			     sizeof(*c->records));
		r = &c->records[c->nrecords];
		memcpy(r, bytes + at, sizeof(*r));
		memset(&r->id, 0, sizeof(r->id));
		r->checksum = 0;
		if (is_hidden(r->path)) {
			error_set(error, "--link", 0,
				  "what lies below /tmp, /dev, /proc or /sys is hidden when the "
				  "image is run: pack it elsewhere");
			free(bytes);
			return false;
		}
		if (r->kind == RECORD_OBJECT)
			c->nrecords++;
	}
	free(bytes);
	return bytes != NULL;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_number(const struct dirent *e)
{
	return strlen(e->d_name) == 16 && strspn(e->d_name, "0123456789abcdef") == 16;
}

static void
collect_plan(struct collecting *c, struct node *dir, const char *name, uint8_t *bytes, size_t size)
{
	must_reserve(&c->plans, &c->plan_capacity, c->nplans + 1, sizeof(*c->plans));
	c->plans[c->nplans++] = strtoull(name, NULL, 16);
	add_file(c->tree, dir, name, bytes, size);
}

static void
collect_pages(struct collecting *c, struct node *dir, const char *name, uint8_t *bytes, size_t size)
{
	uint8_t *longer = must_alloc(size + sizeof(PRELINK_END));
	struct prelink_pages p = {strtoull(name, NULL, 16), size / IMAGE_PAGE, 0};

	for (size_t at = 0; at + IMAGE_PAGE <= size; at += IMAGE_PAGE)
		p.sum = format_add_page(p.sum, bytes + at, IMAGE_PAGE);
	must_reserve(&c->pages, &c->pages_capacity, c->npages + 1, sizeof(*c->pages));
	c->pages[c->npages++] = p;
	memcpy(longer, bytes, size);
	memcpy(longer + size, PRELINK_END, sizeof(PRELINK_END));
	free(bytes);
	add_file(c->tree, dir, name, longer, size + sizeof(PRELINK_END));
	node_child(dir, name)->in_place = true;
}

/* Every numbered file of a directory of the store into a directory of the image. */
static bool
collect_files(struct collecting *c, struct node *own, const char *where, const char *name,
	      void (*take)(struct collecting *, struct node *, const char *, uint8_t *, size_t),
	      struct error *error)
{
	struct node *dir = add_node(c->tree, own, name, DIRECTORY_MODE);
	struct dirent **list;
	int count = scandir(where, &list, is_number, by_name);
	bool good = count >= 0 || error_set(error, where, errno, "cannot read what was linked");

	for (int i = 0; i < count; i++) {
		char path[4900];
		uint8_t *bytes;
		size_t size;

		snprintf(path, sizeof(path), "%s/%s", where, list[i]->d_name);
		bytes = good ? read_whole(path, &size, error) : NULL;
		good = bytes != NULL;
		if (good)
			take(c, dir, list[i]->d_name, bytes, size);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	return good;
}

static void
put(uint8_t **to, const void *from, size_t size)
{
	if (size)
		memcpy(*to, from, size);
	*to += size;
}

static void
add_prelink(struct collecting *c, struct node *own)
{
	size_t records = c->nrecords * sizeof(*c->records), plans = c->nplans * sizeof(*c->plans);
	size_t pages = c->npages * sizeof(*c->pages);
	size_t size = sizeof(struct prelink_header) + records + plans + pages;
	uint8_t *bytes = must_alloc(size), *to = bytes;
	struct prelink_header h = {
		.magic = PRELINK_MAGIC,
		.version = PRELINK_VERSION,
		.store_version = c->epoch.version,
		.machine = c->epoch.machine,
		.page_size = (uint32_t)c->epoch.page_size,
		.epoch = c->epoch.number,
		.base = c->epoch.base,
		.size = c->epoch.size,
		.nrecords = (uint32_t)c->nrecords,
		.nplans = (uint32_t)c->nplans,
		.npages = (uint32_t)c->npages,
	};

	put(&to, &h, sizeof(h));
	put(&to, c->records, records);
	put(&to, c->plans, plans);
	put(&to, c->pages, pages);
	h.checksum = prelink_checksum(bytes, size);
	memcpy(bytes, &h, sizeof(h));
	add_file(c->tree, own, "prelink", bytes, size);
}

/* What the loader has put into its store, into the tree. */
static bool
collect_store(const struct linking *l, struct tree *t, struct error *error)
{
	struct collecting c = {.tree = t};
	struct node *own = add_node(t, t->root, IMAGE_OWN_DIR, DIRECTORY_MODE);
	char path[4700];
	bool good = find_store(&c, l, error) && read_epoch(&c, error) && read_records(&c, error);

	if (good && c.epoch.page_size != IMAGE_PAGE)
		good = error_set(error, "--link", 0, "this machine's pages are of %lu bytes",
				 (unsigned long)c.epoch.page_size);
	snprintf(path, sizeof(path), "%s/plans", c.store);
	good = good && collect_files(&c, own, path, "plans", collect_plan, error);
	snprintf(path, sizeof(path), "%s/e-%" PRIx64 "/relocated", c.store, c.epoch.number);
	good = good && collect_files(&c, own, path, "relocated", collect_pages, error);
	if (good && (c.nplans > PRELINK_MAX || c.npages > PRELINK_MAX))
		good = error_set(error, "--link", 0, "more than %d programs", PRELINK_MAX);
	if (good)
		add_prelink(&c, own);
	free(c.records);
	free(c.plans);
	free(c.pages);
	return good;
}

bool
link_programs(struct linking *l, const struct options *o, struct tree *t, struct error *error)
{
	/* without names, all that --program packs */
	const char **names = o->nlinks ? o->links : (const char **)o->arguments;
	size_t count = o->nlinks ? o->nlinks : (size_t)o->narguments - 1, linked = 0;
	char seed[20];

	if (!make_seed(l, seed, error))
		return false;
	fflush(stdout);
	for (size_t i = 0; i < count; i++)
		linked += link_one(l, o, seed, names[i]);
	if (!linked)
		return error_set(error, "--link", 0, "none of the programs can be linked");
	return collect_store(l, t, error);
}
