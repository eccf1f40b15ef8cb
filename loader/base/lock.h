/*
 * The loader's locks: recursive, by thread, without the C library. A forked child never waits for a
 * thread of its parent's. Order of taking: DL, LIST, TLS, HEAP.
 */
#ifndef XIPLD_LOCK_H
#define XIPLD_LOCK_H

enum lock_name {
	LOCK_DL, /* dlopen and dlclose, constructors included */
	LOCK_LIST, /* the lists of objects while they change or are walked */
	LOCK_TLS, /* thread-local modules and blocks */
	LOCK_HEAP,
	LOCK_COUNT
};

/* Threads may run from now on: until then nothing is locked. */
void lock_begin(void);

void lock_acquire(enum lock_name name);
void lock_release(enum lock_name name);

#endif
