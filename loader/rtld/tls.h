/*
 * Thread-local storage (Ulrich Drepper, "ELF Handling For Thread-Local Storage"; psABI).
 *
 * The TLS segments of the whole start-up closure form one union block that the C library gives
 * every thread as "the program's". What dlopen adds lives in blocks of the loader's own, made when
 * a thread first asks and freed when it ends; initial-exec modules take a place in the union's
 * surplus.
 *
 * A module number, as __tls_get_addr gets it, is 1, 2, 3 …: sanitizers and garbage collectors that
 * watch __tls_get_addr keep tables by it.
 */
#ifndef XIPLD_TLS_H
#define XIPLD_TLS_H

#include "rtld/rtld.h"

struct tls_module {
	struct object *obj; /* NULL: number not in use */
	ptrdiff_t tp_offset; /* of its block in the union, if is_static */
	uint32_t generation; /* a thread's block of an older one is stale */
	bool is_static;
};

struct tls_index {
	size_t module, offset;
};

/*
 * Lay out the union for the objects of the start-up closure: sets every tls.tp_offset, allocates
 * the image. Its p_vaddr (its address less `anchor`, which the C library adds) is congruent modulo
 * the union's alignment to the place of the block: 0, or on variant I what lies before it.
 */
void tls_layout_startup(uintptr_t anchor);

/* Copy an object's (relocated) initial content into the union's image; with `thread` also into this
 * thread's block. */
void tls_fill_image(const struct object *obj, bool thread);

/* Give an object a module number, if it has none. */
void tls_assign(struct object *obj);

/*
 * Move a dlopened object into the union's surplus, as initial-exec code wants. False: no room, or
 * too late, as a thread has its variables elsewhere already.
 */
bool tls_make_static(struct object *obj);

/*
 * After relocation: give every running thread the initial content of the modules that
 * tls_make_static moved.
 */
bool tls_start_static(struct error *error);

/* A thread ends: its storage (the value of the thread-specific key). */
void tls_thread_ends(void *storage);

/* dlclose: its number is free again, and its place in the surplus. */
void tls_release(struct object *obj);

/* Address of a thread-local variable of this thread; what __tls_get_addr does. */
void *tls_get_addr(const struct tls_index *index);

/* The same if that needs no call of the C library, else NULL (the fast way of a TLS descriptor). */
void *tls_get_present(const struct tls_index *index);

/* Address of obj's block in this thread, NULL if there is none yet (dlinfo, dl_iterate_phdr). */
void *tls_block_if_present(const struct object *obj);

/* The loader's own storage of this thread. */
struct thread_storage *tls_thread(void);

struct thread_storage {
	struct tls_block *blocks; /* by module number - 1 */
	uint32_t capacity;
	uint32_t destructor_rounds;
	char *error; /* dlerror's text; NULL: none */
	size_t error_size;
	char *last_error; /* handed out by dlerror, kept until the next */
	size_t last_error_size;
};

#endif
