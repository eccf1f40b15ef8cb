/* The file of pages that constructors leave alike (cache/warm/init_pages.h), for those who write
 * and use it.
 */
#ifndef XIPLD_INIT_PAGES_FILE_H
#define XIPLD_INIT_PAGES_FILE_H

#include "lib/plan.h"

#define ALIKE_LEAST 8 /* fewer are not worth the system calls */
#define ALIKE_MOST 128
#define ALIKE_WORDS 64 /* that constructors write to such a page */

#define READ_WRITE (SYS_PROT_READ | SYS_PROT_WRITE)

static inline char *
alike_content(const struct alike_file *f, uint64_t number)
{
	return (char *)f + format_alike_page(number);
}

static inline struct alike_word *
alike_words(const struct alike_file *f)
{
	return (struct alike_word *)alike_content(f, f->pages);
}

/* The file behind a mapping of the plan's; NULL: none. */
const struct file_id *alike_file_behind(const struct plan *plan, const struct plan_map *map);

/* Is a file of `size` bytes in memory one of this plan, with all that it names where it may be? */
bool alike_is_sound(const struct plan *plan, const struct alike_file *file, size_t size);

#endif
