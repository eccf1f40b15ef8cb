#include "cache/plan/renew.h"
#include "base/heap.h"
#include "cache/store/plan_path.h"
#include "cache/store/replace_file.h"
#include "lib/plan_inputs.h"

/* The identities of now, in the plan's inputs. False: one is gone. */
static bool
take_identities(const struct plan_tables *t, struct plan_input *inputs)
{
	for (uint64_t i = 0; i < t->header->inputs.count; i++) {
		struct plan_input *in = &inputs[i];

		if (in->kind != PLAN_INPUT_LD_CACHE && in->kind != PLAN_INPUT_DIRECTORY)
			continue;
		if (sys_stat(plan_string(t, in->path), &in->id) == 0)
			continue;
		if (in->kind == PLAN_INPUT_DIRECTORY)
			return false;
		in->id = (struct file_id){0};
	}
	return true;
}

/* The plan's file in memory becomes what it is to be. False: it is not that plan any more, or its
 * inputs do not give the same answers after all. */
static bool
renew(const struct plan *p, char *bytes, size_t size)
{
	struct plan_inputs inputs = {.tables = NULL};
	struct plan_header *h = (struct plan_header *)bytes;
	struct plan_tables t;
	const char *how;

	if (memcmp(h, &p->header, sizeof(*h)) != 0 ||
	    plan_check(&t, bytes, size, sizeof(uint64_t)) != NULL ||
	    !take_identities(&t, (struct plan_input *)(bytes + h->inputs.offset)))
		return false;
	inputs.tables = &t;
	/* the answers are those of the identities that were taken: nothing has changed since */
	if (!plan_inputs_hold(&inputs) || plan_inputs_check(&inputs, &how) || inputs.moved)
		return false;
	h->checksum = plan_checksum(h, bytes + page_size, size - page_size);
	return true;
}

static bool
read_whole(const char *path, char *bytes, size_t size)
{
	int fd = store_open_file(&store, path, SYS_O_RDONLY, 0);
	bool ok = fd >= 0 && sys_pread(fd, bytes, size, 0) == (long)size;

	if (fd >= 0)
		sys_close(fd);
	return ok;
}

bool
plan_renew(const struct plan *p)
{
	const size_t size = p->tables.size;
	char *bytes, path[STORE_PATH + 64];
	bool ok;

	if (!p->own || !store_is_current(&store) || !store_lock(&store)) {
		store_leave(&store);
		return false;
	}
	bytes = scratch_alloc(size);
	plan_own_path(p, path, sizeof(path));
	ok = bytes && read_whole(path, bytes, size) && renew(p, bytes, size) &&
	     replace_file(path, bytes, size, (int)(p->id.mode & 0644));
	store_close(&store);
	scratch_free(bytes, size);
	return ok;
}
