#include "cache/store/failure.h"

const char *
publish_failure_name(enum publish_failure failure)
{
	static const char names[PUBLISH_FAILURES][24] = {
		[PUBLISH_NO_STORE] = "no store is in use",
		[PUBLISH_FILE_SIZE_LIMIT] = "file-size-limit",
		[PUBLISH_MEMORY_LIMIT] = "memory-limit",
		[PUBLISH_STORE_UNWRITABLE] = "store-unwritable",
		[PUBLISH_STORE_NOEXEC] = "store-noexec",
		[PUBLISH_STORE_BUSY] = "store-busy",
		[PUBLISH_MEANWHILE] = "published-meanwhile",
		[PUBLISH_SLOT_TAKEN] = "slot-taken",
		[PUBLISH_REGION_FULL] = "region-full",
		[PUBLISH_NOT_STORABLE] = "object-not-storable",
		[PUBLISH_TEXTREL] = "text-relocations",
		[PUBLISH_TOO_LARGE] = "closure-too-large",
		[PUBLISH_OUT_OF_MEMORY] = "out-of-memory",
	};

	return names[failure];
}
