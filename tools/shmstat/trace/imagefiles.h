/* Which files lie where in a cramfs image: a page that is mapped from an image is a page of a file.
 */
#ifndef SHMSTAT_TRACE_IMAGEFILES_H
#define SHMSTAT_TRACE_IMAGEFILES_H

#include <stdbool.h>
#include <stdint.h>

struct image_files;

/* Read an image's directories. NULL if it is none that can be read, or without memory. */
struct image_files *image_files_open(int fd);
void image_files_free(struct image_files *f);

/*
 * The file that has its page number *page at this offset (whole pages) in the image: its path, or
 * NULL. Of files with the same pages it is the first; mkxip stores them together again.
 */
const char *image_files_find(const struct image_files *f, uint64_t offset, uint64_t *page);

#endif
