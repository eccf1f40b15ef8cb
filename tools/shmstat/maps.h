/* What the kernel tells of a process's memory, mapping by mapping. */
#ifndef SHMSTAT_MAPS_H
#define SHMSTAT_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Pages of one mapping, or the sum of several. Units: pages. */
struct pages {
	uint64_t mapped, resident;
	uint64_t shared; /* resident, and mapped by some other process too, or kept by a file alone
			  */
	uint64_t private_file; /* only this process maps it, but it is the file's page: memory that
				  a file shares */
	uint64_t private_copy; /* this process's own copy or anonymous page */
	uint64_t swapped;
};

enum page_class { CLASS_TEXT, CLASS_LINKED, CLASS_CLOSURE, CLASS_COW, CLASS_ANON, CLASS_COUNT };

struct mapping {
	uint64_t start, end, offset;
	char perms[5];
	char *path; /* unescaped as /proc writes it; "" for anonymous memory; owned */
	struct pages pages;
};

struct process {
	pid_t pid;
	char name[64]; /* comm */
	struct mapping *maps;
	size_t count;
	uint64_t table_kb; /* page tables: VmPTE */
	bool from_xipld;
	bool exact; /* counted from page frames, not from smaps */
	bool changed; /* its mappings changed while they were read */
};

/*
 * Read a process. Returns 0, or an errno: ESRCH if it has ended. As root page frames are counted
 * (pagemap, kpagecount, kpageflags), else smaps is believed. process_free gives the memory back.
 */
int process_read(struct process *p, pid_t pid);
void process_free(struct process *p);

/* Does this mapping belong to the loader itself (its own file, under either of its names)? */
bool mapping_is_loader(const struct mapping *m);

/* Which of the project's page classes the file pages of a mapping are: by where the file lies. */
enum page_class mapping_class(const struct mapping *m);
const char *page_class_name(enum page_class class);

/* One line "Key:   123 kB" of smaps: returns true and the number if line has that key. */
bool smaps_value(const char *line, const char *key, uint64_t *kb);

/* One header line of smaps (or a line of maps). m->path is allocated. False if the line is none. */
bool maps_line(const char *line, struct mapping *m);

/* Count page frames anew, where the kernel lets us; sets p->exact. */
void frames_count(struct process *p);

void pages_add(struct pages *sum, const struct pages *p);

#endif
