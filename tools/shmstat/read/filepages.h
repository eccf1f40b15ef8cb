/*
 * How often the pages of files are mapped, as far as it is known: by file and place in it, so that
 * a page that many processes map is looked up once.
 *
 * Only for files whose device and inode name them: those of file systems that lie on a device of
 * their own. Others (overlay, btrfs) give one pair to several files, or none.
 */
#ifndef SHMSTAT_READ_FILEPAGES_H
#define SHMSTAT_READ_FILEPAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_PAGE_UNKNOWN 0
#define FILE_PAGE_UNCOUNTED UINT16_MAX /* no memory that the kernel counts */
#define FILE_PAGE_MOST (UINT16_MAX - 1) /* counts above stay unknown */

struct file_pages;

/* NULL without memory. */
struct file_pages *file_pages_new(void);
void file_pages_free(struct file_pages *f);
/* All is unknown again. */
void file_pages_forget(struct file_pages *f);

/*
 * The words of `n` pages of a file from `first` on, for reading and writing; valid until the next
 * call. NULL if they are too many to be kept, or without memory.
 */
uint16_t *file_pages_at(struct file_pages *f, uint64_t device, uint64_t inode, uint64_t first,
			uint64_t n);

#endif
