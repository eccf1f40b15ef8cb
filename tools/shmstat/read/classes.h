/* Which class the pages of a mapped file have (model.h): by where the file lies, and what it is. */
#ifndef SHMSTAT_READ_CLASSES_H
#define SHMSTAT_READ_CLASSES_H

#include "shmstat/proc/model.h"

/* CLASS_RELOCATED or CLASS_PROGRAM for a file of a store (docs/store.md), else CLASS_TEXT. */
enum page_class store_class(const char *path);

/* Is it shared memory that no file of a mounted disk stands behind? */
bool mapping_is_shmem(const struct mapping *m);

/* Is it the loader's own file, under either of its names? */
bool path_is_loader(const char *path);

/* Has a mapping a file behind it, so that a page written to is a copy (cow) and not new (anon)? */
bool mapping_has_file(const struct mapping *m);

/* The class of a mapping's anonymous pages. */
enum page_class anonymous_class(const struct mapping *m);

/* Is it one of those that the kernel maps by itself without counting its pages ([vvar])? */
bool mapping_is_uncounted(const struct mapping *m);

/* Files that were looked at, by device and inode: is it a cramfs image? */
struct known_files;
struct layout; /* layout.h */
struct known_files *known_files_new(void);
void known_files_free(struct known_files *k);

/* The class of a mapping's file pages. Looks into a file it has not met before: whether a regular
 * file or a memory device begins like a cramfs image (CLASS_XIP). */
enum page_class mapping_class(struct known_files *k, const struct process *p,
			      const struct mapping *m);

/* What a summary wants to know of a mapped file. */
struct file_kind {
	enum page_class class; /* as mapping_class says */
	bool is_loader;
	enum page_class anonymous_class; /* as anonymous_class says */
};

/*
 * Is the kind of a mapping's file known by device and inode alone? Only where those name a file: on
 * a file system that has a device of its own.
 */
bool known_kind(struct known_files *k, const struct mapping *m, struct file_kind *kind);

/* Its kind, from its path. */
struct file_kind kind_of(struct known_files *k, const struct process *p, const struct mapping *m);

/* The same, and it is remembered. */
struct file_kind learn_kind(struct known_files *k, const struct process *p,
			    const struct mapping *m);

/* The layout of what a mapping maps: NULL if that is no ELF file, cannot be opened, or is a file of
 * a store (plans and relocated pages are no objects of their own). */
const struct layout *known_layout(struct known_files *k, const struct process *p,
				  const struct mapping *m);

/* Paths are asked for again: a number may be another file's by now. */
void known_kinds_forget(struct known_files *k);

#endif
