/* What the loader's pure parts need of the rest when they stand alone in a test: the linker's
 * state, and locks that do nothing. */
#ifndef XIPLD_TESTS_WORLD_H
#define XIPLD_TESTS_WORLD_H

#include "base/lock.h"
#include "rtld/rtld.h"

static struct rtld the_rtld;
struct rtld *rtld = &the_rtld;

__attribute__((constructor)) static void
set_page_size(void)
{
	page_size = 4096;
}

void
lock_acquire(enum lock_name name)
{
	(void)name;
}

void
lock_release(enum lock_name name)
{
	(void)name;
}

#endif
