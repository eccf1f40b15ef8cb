/* What the parts of the reader share. */
#ifndef SHMSTAT_READ_READER_INTERNAL_H
#define SHMSTAT_READ_READER_INTERNAL_H

#include "shmstat/proc/frames.h"
#include "shmstat/proc/procfile.h"
#include "shmstat/proc/scan.h"
#include "shmstat/read/classes.h"
#include "shmstat/read/filepages.h"
#include "shmstat/read/read_method.h"
#include "shmstat/read/reader.h"
#include "shmstat/read/vmas.h"

struct reader {
	struct known_files *known;
	struct vma *vmas; /* of the process that is being summed up; reused */
	size_t vma_count, vma_capacity;
	char path[32]; /* what process_file made last */
	struct file_pages *file_pages; /* of this thread */
	bool swap_used; /* anywhere on the machine */
	bool no_queries; /* the kernel tells of mappings only as text (procmap.h) */
	struct read_methods methods; /* of reading them */
	char prefix[16]; /* "PID/" if `directory` is /proc itself: read_status, read_vmas */
	struct procfile file;
	struct scan scan;
	struct frames frames;
};

/* A file of the process under way: its name with the prefix, until the next call. */
const char *process_file(struct reader *r, const char *name);

/*
 * All return 0 or an errno. `directory` is /proc/PID. *changed is set if two looks did not agree.
 */
/* Name, parent, user, page tables. ENODATA for a kernel thread or a zombie: no memory. */
int read_status(struct reader *r, int directory, struct process *p);
/* The same. If the first thread has ended and others live, *directory becomes that of one of those,
 * which tells of their memory. */
int read_any_status(struct reader *r, int *directory, struct process *p);
/* Mappings, objects, pages to the depth asked for (not DEPTH_SUM), once more if they changed
 * meanwhile. *p has what read_status gave. */
int read_deep(struct reader *r, int directory, enum depth depth, struct process *p);
#endif
