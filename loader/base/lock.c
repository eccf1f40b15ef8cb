#include "base/lock.h"
#include "base/heap.h"

/*
 * The owner is known by its thread pointer, which a fork keeps: a child that forked inside a
 * constructor still owns the lock. If another thread of the parent held it, that thread is not in
 * the child, and the child takes it over.
 */
static struct lock {
	uint32_t word; /* 0 free, 1 held, 2 held and waited for */
	uint32_t depth;
	uintptr_t owner;
	int pid;
} locks[LOCK_COUNT];

#define MADV_WIPE_ON_FORK 18

/* getpid without a system call each time: the kernel clears the word in a forked child. */
static int
current_pid(void)
{
	static int *word;

	if (!word) {
		int *fresh = scratch_alloc(page_size);

		if (!fresh || sys_call(__NR_madvise, (long)fresh, (long)page_size,
				       MADV_WIPE_ON_FORK, 0, 0, 0) < 0)
			return sys_getpid();
		word = fresh;
	}
	if (!*word)
		*word = sys_getpid();
	return *word;
}

static bool
owner_is_gone(const struct lock *l)
{
	return l->pid && l->pid != current_pid();
}

static bool threads_may_run; /* the C library runs, and with it the thread pointer */

void
lock_begin(void)
{
	threads_may_run = true;
}

void
lock_acquire(enum lock_name name)
{
	struct lock *l = &locks[name];
	uintptr_t self;
	uint32_t expected = 0;

	if (!threads_may_run)
		return;
	self = arch_thread_pointer();
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) == self) {
		l->depth++;
		return;
	}
	if (!__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		while (__atomic_exchange_n(&l->word, 2, __ATOMIC_ACQUIRE) != 0) {
			if (owner_is_gone(l))
				break;
			sys_futex_wait(&l->word, 2);
		}
	}
	__atomic_store_n(&l->owner, self, __ATOMIC_RELAXED);
	l->depth = 1;
	l->pid = current_pid();
}

void
lock_release(enum lock_name name)
{
	struct lock *l = &locks[name];

	if (!threads_may_run || --l->depth)
		return;
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&l->word, 0, __ATOMIC_RELEASE) == 2)
		sys_futex_wake(&l->word, 1);
}
