#include "store/observe.h"
#include "host/host.h"
#include "store/alike.h"
#include "store/huge.h"
#include "store/touch.h"
#include "sys/heap.h"
#include "sys/populate.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define OBSERVE_SECONDS 2
#define MAX_MORE 4096 /* pages that a run may add: a long one touches what others never will */

#define LOCK_EX_NB 6 /* LOCK_EX | LOCK_NB */
#define CLONE_VM 0x100UL
#define CLONE_VFORK 0x4000UL
#define WAIT_ALL 0x40000000 /* __WALL */
#define PR_SET_NAME 15
#define PR_SET_SECCOMP 22
#define PR_SET_NO_NEW_PRIVS 38
#define POLLIN 1

/* Where the observer has its files: all others it closes. */
enum { FD_RESULT, FD_PAGEMAP, FD_PROGRAM, FDS };

struct observer {
	const struct plan *plan;
	struct ranges files;
	int fds[FDS];
};

static struct observer observer SYS_COLD;
static char stack[2][16384] SYS_COLD __attribute__((aligned(16)));

static void
ran_path(const struct plan *p, char *path, size_t size)
{
	char plan[STORE_PATH + 32];

	plan_own_path(p, plan, sizeof(plan));
	message_format(path, size, "%s.ran", plan);
}

static _Noreturn void
leave(void)
{
	for (;;)
		sys_call(__NR_exit, 0, 0, 0, 0, 0, 0);
}

/* From here on: reading, writing, waiting, giving back memory. False if the kernel cannot do that.
 */
static bool
confine(void)
{
#define ALLOW(number)                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_AUDIT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(__NR_pread64),
		ALLOW(__NR_write),
		ALLOW(__NR_ppoll),
		ALLOW(__NR_munmap),
		ALLOW(__NR_exit),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
#undef ALLOW
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return sys_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) == 0 &&
	       sys_call(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program, 0, 0, 0) ==
		       0;
}

/* Hold nothing of the program's: a pipe's other end waits for all to close it. False if that fails:
 * what the numbers below FDS then are may be the program's. */
static bool
let_go(const struct observer *o)
{
	int high[FDS];

	for (int i = 0; i < FDS; i++) { /* out of each other's way */
		high[i] = (int)sys_call(__NR_fcntl, o->fds[i], 0 /* F_DUPFD */, 2 * FDS, 0, 0, 0);
		if (high[i] < 0)
			return false;
	}
	for (int i = 0; i < FDS; i++)
		if (sys_call(__NR_dup3, high[i], i, 0, 0, 0, 0) < 0)
			return false;
	if (sys_call(__NR_close_range, FDS, ~0U, 0, 0, 0, 0) < 0)
		return false;
	sys_call(__NR_chdir, (long)"/", 0, 0, 0, 0, 0);
	sys_call(__NR_prctl, PR_SET_NAME, (long)OBSERVER_NAME, 0, 0, 0, 0);
	return true;
}

static void
report(const struct observer *o)
{
	struct ran_file head = {.identity = o->plan->header->identity, .count = o->files.count};

	memcpy(head.magic, RAN_MAGIC, sizeof(head.magic));
	if (store_write(FD_RESULT, &head, sizeof(head)))
		store_write(FD_RESULT, o->files.list, o->files.count * sizeof(*o->files.list));
}

static void
observe(void *argument)
{
	struct observer *o = argument;
	struct {
		int fd;
		short events, revents;
	} program = {FD_PROGRAM, POLLIN, 0};
	struct {
		int64_t seconds, nanoseconds;
	} limit = {OBSERVE_SECONDS, 0};

	if (!let_go(o) || !confine())
		leave();
	sys_call(__NR_ppoll, (long)&program, 1, (long)&limit, 0, 0, 0);
	for (uint64_t i = 0; i < o->plan->header->maps.count; i++)
		ranges_look(FD_PAGEMAP, o->plan->maps[i].address, o->plan->maps[i].size, &o->files,
			    NULL);
	ranges_join(&o->files);
	report(o);
	scratch_free(o->files.list, RANGES_ROOM);
	leave();
}

/* The program's child, for as long as it takes to have one itself, which is then nobody's. */
static void
beget(void *argument)
{
	arch_clone(CLONE_VM, stack[1] + sizeof(stack[1]), observe, argument);
	leave();
}

static bool
start_observer(struct observer *o)
{
	uint64_t was;
	long child;

	/* a handler of the program's must not run in the observer */
	if (sys_block_signals(&was) < 0)
		return false;
	child = arch_clone(CLONE_VM | CLONE_VFORK, stack[0] + sizeof(stack[0]), beget, o);
	if (child > 0)
		while (sys_call(__NR_wait4, child, 0, WAIT_ALL, 0, 0, 0) == -4)
			;
	sys_restore_signals(was);
	return child > 0;
}

/* A debugger would take an observer for the program's; the first process of a container is the
 * parent of what is nobody's. */
static bool
may_be_observed(void)
{
	return sys_status_says("TracerPid:\t0") && sys_getpid() != 1;
}

/* `result` is locked for as long as the observer lives. */
static bool
begin(const struct plan *p, int result)
{
	struct observer *o = &observer;
	bool ok;

	o->plan = p;
	o->files = (struct ranges){scratch_alloc(RANGES_ROOM), 0};
	o->fds[FD_RESULT] = result;
	o->fds[FD_PAGEMAP] = sys_open("/proc/self/pagemap", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	o->fds[FD_PROGRAM] = (int)sys_call(__NR_pidfd_open, sys_getpid(), 0, 0, 0, 0, 0);
	ok = o->files.list && o->fds[FD_PAGEMAP] >= 0 && o->fds[FD_PROGRAM] >= 0 &&
	     start_observer(o);
	for (int i = FD_PAGEMAP; i < FDS; i++)
		if (o->fds[i] >= 0)
			sys_close(o->fds[i]);
	if (!ok)
		scratch_free(o->files.list, RANGES_ROOM);
	return ok;
}

/* The part of a process's address space that one page of its page table maps. */
static uintptr_t
table_of(uintptr_t address)
{
	return address / huge_size();
}

/* Does every run have that page table anyway? */
static bool
has_table(const struct plan *p, uintptr_t address)
{
	if (table_of(address) == table_of(world->program->entry))
		return true;
	for (uint64_t i = 0; i < p->header->touch.count; i++)
		if (table_of(p->touch[i].address) <= table_of(address) &&
		    table_of(address) <= table_of(p->touch[i].address + p->touch[i].size - 1))
			return true;
	return false;
}

/* Of [from, to), which lies in one mapping, what costs no page table. Returns its pages. */
static size_t
add_affordable(const struct plan *p, struct ranges *read, uintptr_t from, uintptr_t to)
{
	const uintptr_t span = huge_size();
	size_t pages = 0;

	for (uintptr_t at = from, next; at < to; at = next) {
		next = at - at % span + span < to ? at - at % span + span : to;
		if (!has_table(p, at))
			continue;
		ranges_add(read, at, next - at);
		pages += (next - at) / page_size;
	}
	return pages;
}

/* What of a range lies in the plan's mappings of files. */
static size_t
add_mapped(const struct plan *p, struct ranges *read, const struct plan_touch *t)
{
	size_t pages = 0;

	if ((t->address | t->size) & (page_size - 1) || t->address + t->size < t->address)
		return 0;
	for (uint64_t i = 0; i < p->header->maps.count; i++) {
		const struct plan_map *m = &p->maps[i];
		struct plan_touch part = ranges_part(t, m->address, m->address + m->size);

		if (m->file != PLAN_NO_FILE)
			pages += add_affordable(p, read, part.address, part.address + part.size);
	}
	return pages;
}

static void
add_to_plan(const struct plan *p, const struct plan_touch *list, uint64_t count)
{
	const struct plan_header *h = p->header;
	uint64_t written = h->touch_written, known = h->touch.count - written - h->touch_huge;
	struct touched t = {.written = {(struct plan_touch *)p->touch, (uint32_t)written},
			    .read = {scratch_alloc(RANGES_ROOM), (uint32_t)known},
			    .huge = {scratch_alloc(RANGES_ROOM), 0},
			    .asked = p->asked,
			    .nasked = h->asked.count,
			    .ran = true};
	const struct ranges seen = {(struct plan_touch *)list, (uint32_t)count};
	size_t limit = MAX_MORE, pages = 0;

	if (t.read.list && t.huge.list && known <= MAX_RANGES) {
		memcpy(t.read.list, p->touch + written, known * sizeof(*list));
		for (uint64_t i = 0; i < known; i++) /* the run has these as well, by the window */
			limit += (t.read.list[i].size + populate_window()) / page_size;
		for (uint64_t i = 0; i < count && pages < limit; i++)
			pages += add_mapped(p, &t.read, &list[i]);
		ranges_join(&t.read);
		huge_choose(p, &seen, &t.huge);
		t.alike = alike_choose(p);
		if (touch_rewrite(p, &t) && may_be_observed())
			huge_form(p, &t.huge);
	}
	scratch_free(t.huge.list, RANGES_ROOM);
	scratch_free(t.read.list, RANGES_ROOM);
}

/* An observer's result: if it is whole and of this plan, it goes into the plan. */
static void
take_over(const struct plan *p, const char *path)
{
	int fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	struct ran_file *head;
	struct file_id id;

	if (fd < 0)
		return;
	if (sys_fstat(fd, &id) == 0 && store_trusts(&id) &&
	    sys_call(__NR_flock, fd, LOCK_EX_NB, 0, 0, 0, 0) == 0) {
		size_t size = (size_t)id.size;

		head = size >= sizeof(*head) && size <= sizeof(*head) + RANGES_ROOM
			       ? scratch_alloc(size)
			       : NULL;
		if (head && sys_pread(fd, head, size, 0) == (long)size &&
		    memcmp(head->magic, RAN_MAGIC, sizeof(head->magic)) == 0 &&
		    head->identity == p->header->identity &&
		    head->count == (size - sizeof(*head)) / sizeof(struct plan_touch))
			add_to_plan(p, (struct plan_touch *)(head + 1), head->count);
		scratch_free(head, size);
		/* a part of one was left by an observer that was killed: the next launch begins
		 * anew */
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)path, 0, 0, 0, 0);
	}
	sys_close(fd);
}

void
observe_run(const struct plan *p)
{
	char path[STORE_PATH + 64];
	int fd;

	ran_path(p, path, sizeof(path));
	fd = sys_open(path, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL | SYS_O_CLOEXEC, 0644);
	if (fd == -17 /* EEXIST */) {
		take_over(p, path);
	} else if (fd >= 0) {
		if (sys_call(__NR_flock, fd, LOCK_EX_NB, 0, 0, 0, 0) != 0 || !may_be_observed() ||
		    !begin(p, fd))
			sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)path, 0, 0, 0, 0);
		sys_close(fd);
	}
}
