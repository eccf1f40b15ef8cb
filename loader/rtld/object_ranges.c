/* dl_iterate_phdr and _dl_find_object: how unwinders find objects. */
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"
#include "base/lock.h"
#include "rtld/tls.h"
#include "base/process_args.h"
#include "base/self_image.h"
#include "base/heap.h"

/*
 * Where each object lies, in ascending order. Readers take no lock: they read between two equal,
 * even values of the sequence number. An array that became too small goes back to the heap, whose
 * memory stays mapped.
 */
struct object_range {
	uintptr_t start, end;
	struct object *obj;
};

void
find_object_update(void)
{
	lock_acquire(LOCK_LIST);
	__atomic_fetch_add(&rtld->object_ranges.sequence, 1, __ATOMIC_ACQ_REL);
	rtld->object_ranges.list =
		heap_grow(rtld->object_ranges.list, &rtld->object_ranges.capacity, rtld->all.count,
			  sizeof(*rtld->object_ranges.list));
	rtld->object_ranges.count = 0;
	for (uint32_t i = 0; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];
		uint32_t at = rtld->object_ranges.count;

		if (obj->unmapping)
			continue;
		for (; at && rtld->object_ranges.list[at - 1].start > obj->start; at--)
			rtld->object_ranges.list[at] = rtld->object_ranges.list[at - 1];
		rtld->object_ranges.list[at] = (struct object_range){obj->start, obj->end, obj};
		rtld->object_ranges.count++;
	}
	__atomic_fetch_add(&rtld->object_ranges.sequence, 1, __ATOMIC_ACQ_REL);
	lock_release(LOCK_LIST);
}

static bool
find_place(uintptr_t address, struct object_range *found)
{
	uint32_t low = 0, high = rtld->object_ranges.count;
	const struct object_range *list = rtld->object_ranges.list;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low >= rtld->object_ranges.count || list[low].start > address)
		return false;
	*found = list[low];
	return true;
}

struct object *
find_object_at(uintptr_t address)
{
	struct object_range found;
	uint32_t before;
	bool ok;

	do {
		before = __atomic_load_n(&rtld->object_ranges.sequence, __ATOMIC_ACQUIRE);
		ok = find_place(address, &found);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((before & 1) ||
		 before != __atomic_load_n(&rtld->object_ranges.sequence, __ATOMIC_RELAXED));
	return ok && object_contains(found.obj, address) ? found.obj : NULL;
}

int
stub_dl_find_object(void *address, struct dl_find_object *result)
{
	struct object *obj = find_object_at((uintptr_t)address);

	if (!obj && self_image_holds((uintptr_t)address)) {
		/* a function that the loader called is unwound through it */
		*result = (struct dl_find_object){
			.dlfo_map_start = (void *)self_image_start(),
			.dlfo_map_end = (void *)self_image_end(),
			.dlfo_link_map = &rtld->interp->map, /* as which it stands in */
			.dlfo_eh_frame = (void *)self_image_eh_frame_hdr(),
		};
		return 0;
	}
	if (!obj) {
		if (!rtld->libc_dl_find_object)
			return -1;
		return ((int (*)(void *, struct dl_find_object *))rtld->libc_dl_find_object)(
			address, result);
	}
	if (!obj->eh_frame_hdr)
		return -1;
	result->dlfo_flags = 0;
	result->dlfo_map_start = (void *)obj->start;
	result->dlfo_map_end = (void *)obj->end;
	result->dlfo_link_map = &obj->map;
	result->dlfo_eh_frame = (void *)obj->eh_frame_hdr;
	return 0;
}

#define UA_CLEANUP_PHASE 2 /* of the C++ ABI for Itanium, "Exception Handling", 1.6.2 and 2.5.2 */
#define URC_CONTINUE_UNWIND 8

int iterator_is_left(int version, int actions, uint64_t class, void *exception, void *context);

/*
 * The personality routine of the frame that calls dl_iterate_phdr's function: an exception, or a
 * thread's end, passes through. It will not come back to give the lock.
 */
int
iterator_is_left(int version, int actions, uint64_t class, void *exception, void *context)
{
	(void)version;
	(void)class;
	(void)exception;
	(void)context;
	if (actions & UA_CLEANUP_PHASE)
		lock_release(LOCK_LIST);
	return URC_CONTINUE_UNWIND;
}

struct iteration {
	int (*fn)(struct dl_phdr_info *, size_t, void *);
	void *data;
	unsigned long long adds; /* shown: glibc counts the vDSO */
};

/* Of what libc's own list holds, the object that is not ours: the vDSO. */
static int
pass_foreign(struct dl_phdr_info *info, size_t size, void *context)
{
	struct iteration *it = context;

	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (rtld->all.list[i]->base == info->dlpi_addr)
			return 0;
	info->dlpi_adds = it->adds;
	info->dlpi_subs = rtld->subs;
	return arch_call_iterator((void *)it->fn, info, size, it->data);
}

static int
pass_own(struct object *obj, struct iteration *it)
{
	struct dl_phdr_info info = {
		.dlpi_addr = obj->base,
		.dlpi_name = obj->is_program ? "" : obj->path,
		.dlpi_phdr = object_shown_phdr(obj),
		.dlpi_phnum = (Elf64_Half)obj->phnum,
		.dlpi_adds = it->adds,
		.dlpi_subs = rtld->subs,
		.dlpi_tls_modid = obj->tls.present ? obj->tls.module : 0,
		.dlpi_tls_data = tls_block_if_present(obj),
	};

	return arch_call_iterator((void *)it->fn, &info, sizeof(info), it->data);
}

int
stub_dl_iterate_phdr(int (*fn)(struct dl_phdr_info *, size_t, void *), void *data)
{
	const bool vdso = rtld->libc_kind == LIBC_GLIBC &&
			  process_args_aux(&process_args, AT_SYSINFO_EHDR) != 0;
	struct iteration it = {fn, data, rtld->adds + vdso};
	int ret;

	lock_acquire(LOCK_LIST);
	ret = pass_own(rtld->program, &it);
	if (!ret && rtld->libc_kind == LIBC_GLIBC)
		ret = ((int (*)(int (*)(struct dl_phdr_info *, size_t, void *),
				void *))rtld->libc_dl_iterate_phdr)(pass_foreign, &it);
	for (uint32_t i = 1; !ret && i < rtld->startup.count; i++)
		ret = pass_own(rtld->startup.list[i], &it);
	for (uint32_t i = 0; !ret && i < rtld->all.count; i++)
		if (rtld->all.list[i]->kind == OBJECT_LOADED && !rtld->all.list[i]->doomed)
			ret = pass_own(rtld->all.list[i], &it);
	lock_release(LOCK_LIST);
	return ret;
}
