/* What the loader's pure parts need of the rest when they stand alone in a test: a world, locks
 * that do nothing, no image. */
#ifndef XIPLD_TESTS_WORLD_H
#define XIPLD_TESTS_WORLD_H

#include "image/image.h"
#include "base/lock.h"
#include "rtld/rtld.h"

static struct world the_world;
struct world *world = &the_world;
struct launch launch;

__attribute__((constructor)) static void
set_page_size(void)
{
	page_size = 4096;
}

void
lock_take(enum lock_name name)
{
	(void)name;
}

void
lock_give(enum lock_name name)
{
	(void)name;
}

/* no image */
bool image_entered;

struct inplace_runs
image_runs(const struct file_id *id)
{
	(void)id;
	return (struct inplace_runs){0};
}

bool
image_map(const struct inplace_runs *runs, uintptr_t at, uint64_t offset, size_t size, int prot)
{
	(void)runs, (void)at, (void)offset, (void)size, (void)prot;
	return true;
}

#endif
