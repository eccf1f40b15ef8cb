#include "launch/report.h"
#include "rtld/stubs.h"
#include "rtld/search.h"
#include "cache/plan/plan.h"
#include "base/heap.h"

static struct {
	uint64_t begin, last;
	uint64_t microseconds[STEP_COUNT];
} clock;

void
report_begin(void)
{
	if (options.stats)
		clock.begin = clock.last = sys_clock_us();
}

void
report_step(enum step step)
{
	uint64_t now;

	if (!options.stats)
		return;
	now = sys_clock_us();
	clock.microseconds[step] = now - clock.last;
	clock.last = now;
}

static void
list_segments(const struct object *obj)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t from = PAGE_ALIGN_DOWN(obj->base + p->p_vaddr);
		uintptr_t to = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_memsz);

		if (p->p_type == PT_LOAD && p->p_memsz)
			message_print(1, "\t\t0x%lx-0x%lx %c%c%c offset 0x%lx\n", from, to,
				      p->p_flags & PF_R ? 'r' : '-', p->p_flags & PF_W ? 'w' : '-',
				      p->p_flags & PF_X ? 'x' : '-', PAGE_ALIGN_DOWN(p->p_offset));
	}
}

_Noreturn void
report_list(void)
{
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		const struct object *obj = rtld->startup.list[i];
		const char *name = obj->nnames ? obj->names[0] : obj->path;

		if (streq(name, obj->path))
			message_print(1, "\t%s (0x%lx) [%s]\n", obj->path, obj->start,
				      search_rule_text(obj->found_by));
		else
			message_print(1, "\t%s => %s (0x%lx) [%s]\n", name, obj->path, obj->start,
				      search_rule_text(obj->found_by));
		list_segments(obj);
	}
	sys_exit(stats.missing ? 1 : 0);
}

#define BUSY_STATUS 75 /* EX_TEMPFAIL of sysexits.h */

_Noreturn void
report_prepared(const char *program)
{
	enum publish_failure failure = store.failure ? store.failure : PUBLISH_NO_STORE;
	char path[STORE_PATH + 64];

	report_stats();
	if (streq(stats.plan, "none"))
		message_die(failure == PUBLISH_STORE_BUSY ? BUSY_STATUS : 1,
			    "xipld: %s: nothing published: %s\n", program,
			    publish_failure_name(failure));
	plan_path(&store, program, path, sizeof(path));
	message_print(1, "%s\t%s\n", stats.plan, path);
	sys_exit(0);
}

/* Pages of the loader's variables and of its heap that were touched, in kB; the heap of a plan
 * counts in full. */
static size_t
private_kb(void)
{
	extern char heap_first_chunk[], __bss_start[];
	uintptr_t from = PAGE_ALIGN_DOWN((uintptr_t)__bss_start);
	size_t pages = (PAGE_ALIGN_UP((uintptr_t)heap_first_chunk) - from) / page_size, touched = 0;
	unsigned char present[256];

	if (heap_base() == (uintptr_t)heap_first_chunk)
		pages += PAGE_ALIGN_UP(heap_used()) / page_size;
	else
		touched = PAGE_ALIGN_UP(heap_used()) / page_size;
	touched += PAGE_ALIGN_UP(heap_used_later()) / page_size;
	if (pages > sizeof(present) || sys_call(__NR_mincore, (long)from, (long)(pages * page_size),
						(long)present, 0, 0, 0) < 0)
		return (pages + touched) * page_size / 1024;
	for (size_t i = 0; i < pages; i++)
		touched += present[i] & 1;
	return touched * page_size / 1024;
}

static void
print_stats(uint32_t objects, size_t kb)
{
	message_print(2,
		      "objects: %u\n"
		      "mappings: %lu\n"
		      "lookups: %lu\n"
		      "relocations_relative: %lu\n"
		      "relocations_symbolic: %lu\n"
		      "bytes_written: %lu\n"
		      "plan: %s\n"
		      "loader_private_kb: %lu\n"
		      "time_find_us: %lu\n"
		      "time_load_us: %lu\n"
		      "time_relocate_us: %lu\n"
		      "time_host_us: %lu\n"
		      "time_total_us: %lu\n",
		      objects, sys_mappings, lookup_count, stats.relocations_relative,
		      stats.relocations_symbolic, stats.bytes_written, stats.plan, kb,
		      clock.microseconds[STEP_FIND], clock.microseconds[STEP_LOAD],
		      clock.microseconds[STEP_RELOCATE], clock.microseconds[STEP_HOST],
		      clock.last - clock.begin);
}

void
report_stats(void)
{
	if (!options.stats)
		return;
	report_step(STEP_HOST);
	print_stats(rtld->startup.count, private_kb());
}

void
report_left(void)
{
	if (!options.stats)
		return;
	report_step(STEP_FIND);
	print_stats(0, 0);
}
