/*
 * Having the kernel bring pages in ahead, by few system calls instead of a page fault each.
 *
 * A page fault on a file's page also maps those around it that are in the page cache: an aligned
 * window (do_fault_around in mm/memory.c of Linux: 64 KiB unless someone changed it), or as much
 * from the mapping's beginning if that lies in the window. So one page of each window has to be
 * asked for; the kernel would look at every page that it is asked for, present or not. A large
 * folio is mapped whole, beyond the window's end (Linux 6.18); then the next window has pages
 * already, those at its beginning.
 */
#ifndef XIPLD_POPULATE_H
#define XIPLD_POPULATE_H

#include "lib/sys.h"

/* Bytes that one fault brings in at best, a power of two. */
static inline uintptr_t
populate_window(void)
{
	return page_size > 65536 ? page_size : 65536;
}

/* Where the window ends that a fault at `from` brings in of a mapping that begins at `start`. */
static inline uintptr_t
populate_next(uintptr_t start, uintptr_t from)
{
	from -= from % populate_window();
	return (from > start ? from : start) + populate_window();
}

/*
 * The page to ask for, of those from `from` to `last` that are wanted of the window that begins
 * with `from`: the last, which is not there if any of them is not. In a window that the mapping's
 * beginning cuts, which no folio reaches from before, the first: the last may be in another.
 */
static inline uintptr_t
populate_page(uintptr_t start, uintptr_t from, uintptr_t last)
{
	return from - from % populate_window() < start ? from : last;
}

/*
 * madvise(2) for `count` ranges, an array of struct iovec: one call for many if the kernel can.
 * False: not all of it could be done.
 */
bool populate_advise(const void *ranges, uint64_t count, int advice);

/* Bring in a mapping of a file to be read. At most 4 MiB of it, the rest is left to page faults. */
void populate_file(uintptr_t at, size_t size);

#endif
