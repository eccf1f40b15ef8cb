/*
 * The data model: processes, their objects, mappings and pages, each page in a class.
 *
 * Every view, command and format of shmstat works on these structs; reader.h fills them from /proc.
 * Units: addresses, offsets in bytes; counts in base pages (also of huge pages: 512 a 2 MiB page);
 * pss in 1/4096 of a page's byte, as the kernel sums it (PSS_SHIFT of fs/proc/task_mmu.c).
 */
#ifndef SHMSTAT_PROC_MODEL_H
#define SHMSTAT_PROC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* docs/store.md and README: what a resident page is. Page tables (`table`) are counted in kB. */
enum page_class {
	CLASS_TEXT, /* a file's own page */
	CLASS_RELOCATED, /* a store's page, relocated, shared by all */
	CLASS_PROGRAM, /* a store's page, shared by the processes of one program */
	CLASS_COW, /* anonymous page in a mapping of a file: this process wrote to it */
	CLASS_ANON, /* anonymous page elsewhere: bss, heap, stack */
	CLASS_XIP, /* a page of an image, in place */
	CLASS_SHMEM, /* shared memory without a file: memfd, SysV, /dev/shm, MAP_SHARED |
			MAP_ANONYMOUS */
	CLASS_COUNT
};

/* Pages of a mapping, or the sum of several. CLASS_COW + CLASS_ANON is the kernel's `Anonymous`. */
struct counts {
	uint64_t mapped; /* address space ("VSS") */
	uint64_t resident;
	uint64_t pss; /* fine units: see above; pss_kb() */
	uint64_t xip_pss; /* of it, the pages of images: what they would take if they were in RAM */
	uint64_t shared_clean, shared_dirty; /* resident, and mapped more than once */
	uint64_t private_clean, private_dirty; /* mapped once: only here */
	uint64_t anonymous, swap, swap_pss_kb, anon_huge, ksm;
	uint64_t anon_shared; /* of the anonymous ones, those mapped elsewhere too (fork, KSM) */
	uint64_t shared_hugetlb, private_hugetlb; /* not in `resident`, like in the kernel */
	uint64_t class[CLASS_COUNT]; /* resident pages by class */
	uint64_t exclusive[CLASS_COUNT]; /* of them, those mapped only here (without DEPTH_PAGES
					only the sum of all classes is known: private_*) */
};

/* One resident page, or one that is swapped out. */
struct page {
	uint64_t address;
	uint32_t mapcount; /* how often it is mapped; 0: more than once, how often is not known */
	uint8_t class; /* enum page_class */
	uint8_t flags; /* PAGE_ */
};
#define PAGE_SWAPPED 1u /* then it has no class, and is not in `resident` */
#define PAGE_THP 2u
#define PAGE_KSM 4u
#define PAGE_HUGETLB 8u

struct mapping {
	uint64_t start, end, offset, inode;
	unsigned dev_major, dev_minor;
	char perms[5]; /* "rw-p" */
	uint8_t file_class; /* enum page_class of its pages that are not anonymous */
	bool changed; /* page by page and in sum it was not the same memory */
	const char *path; /* unescaped, any bytes; "" for anonymous memory; owned by the process */
	struct counts counts;
	int object; /* index into process.objects; -1 before objects_make */
	size_t first_page, page_count; /* DEPTH_PAGES: its slice of process.pages */
};

/*
 * All mappings of a process that belong to one object: of one ELF file at one load address with the
 * bss behind it and the store's pages that lie between; of any other file; or of one kind of
 * anonymous memory ("[heap]", "[anonymous]").
 */
struct object {
	const char *path; /* owned by a mapping of the process */
	uint64_t bias; /* ELF only: what to add to the file's addresses */
	uint64_t span_start, span_end; /* ELF only: first segment's first page, and end of the last
					  segment's last page, without bias */
	uint64_t low, high; /* from its first mapping to the end of its last */
	bool is_elf;
	size_t first_mapping; /* the mapping that gives it its name; others: mapping.object */
	struct counts counts;
};

/* Where the numbers come from. */
enum source {
	SOURCE_NONE,
	SOURCE_VMA_SUMMARY, /* pagemap and kpagecount, compared with status */
	SOURCE_ROLLUP, /* smaps_rollup for sums, PAGEMAP_SCAN for classes */
	SOURCE_SMAPS, /* smaps alone */
	SOURCE_PAGEMAP, /* smaps, and page by page pagemap without frame numbers */
	SOURCE_FRAMES /* smaps, and page by page pagemap, kpagecount, kpageflags */
};

/* How far to read; each includes those before it. */
enum depth {
	DEPTH_VMA_SUMMARY, /* process.sum, but for what only smaps knows, if a quicker way is open:
			  clean and dirty (all count as clean), huge pages, KSM, swap's share */
	DEPTH_SUM, /* process.sum; mappings only if the reader's user wants to filter by object */
	DEPTH_MAPPINGS, /* mappings with counts, objects */
	DEPTH_PAGES /* every resident page: process.pages */
};

struct process {
	pid_t pid, parent;
	pid_t teller; /* whose files tell of its memory: a thread, if the first one has ended */
	bool first_ended; /* the first thread has, others live */
	uid_t uid;
	uint64_t start_time; /* clock ticks after boot: with pid it names the process */
	char name[64]; /* comm, any bytes */
	char *command; /* arguments joined by blanks, any bytes; NULL: not read */
	bool from_xipld;
	bool changed; /* something differed between two looks: sums are no snapshot */
	bool sharing_changed; /* it did not, but others that map the same pages came or went */
	enum source source;
	uint64_t table_kb; /* page tables: VmPTE */
	struct kernel_counts {
		uint64_t resident_kb, anonymous_kb, swap_kb, hugetlb_kb;
	} kernel_counts; /* the kernel's own counters, out of status */
	struct counts sum;
	struct mapping *mappings; /* by address; owned */
	size_t mapping_count;
	struct object *objects; /* owned; objects.h */
	size_t object_count;
	struct page *pages; /* by address; owned */
	size_t page_count;
	char *strings; /* what mapping.path points into */
};

/* Frees what a process owns and clears it. */
void process_free(struct process *p);

void counts_add(struct counts *sum, const struct counts *more);

#define PSS_SHIFT 12 /* fs/proc/task_mmu.c */
#define PSS_KB_SHIFT (PSS_SHIFT + 10) /* fine units to kB */

/* Bytes in a base page. */
uint64_t system_page_size(void);
/* kB as the kernel would print it: fine units cut off. */
uint64_t pss_kb(const struct counts *c);
uint64_t xip_pss_kb(const struct counts *c);
/* Pages to kB. */
uint64_t pages_kb(uint64_t pages);
/* Resident and mapped only here ("USS"). */
uint64_t counts_private(const struct counts *c);
uint64_t counts_shared(const struct counts *c);
/* Anonymous and mapped only here. */
uint64_t counts_own(const struct counts *c);

const char *page_class_name(enum page_class class);
const char *source_name(enum source source);

#endif
