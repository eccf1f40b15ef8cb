/* The file of init pages (cache/warm/init_pages.h), for those who write
 * and use it.
 */
#ifndef XIPLD_INIT_PAGES_FILE_H
#define XIPLD_INIT_PAGES_FILE_H

#include "lib/plan.h"

#define INIT_PAGES_LEAST 8 /* fewer are not worth the system calls */
#define INIT_PAGES_MOST 128
#define INIT_PAGES_WORDS 64 /* that constructors write to such a page */

#define READ_WRITE (SYS_PROT_READ | SYS_PROT_WRITE)

static inline char *
init_pages_content(const struct init_pages_file *f, uint64_t number)
{
	return (char *)f + format_init_pages_page(number);
}

static inline struct init_word *
init_pages_words(const struct init_pages_file *f)
{
	return (struct init_word *)init_pages_content(f, f->pages);
}

/* Is a file of `size` bytes in memory one of this plan, with all that it names where it may be? */
bool init_pages_is_sound(const struct plan_tables *plan, const struct init_pages_file *file,
			 size_t size);

#endif
