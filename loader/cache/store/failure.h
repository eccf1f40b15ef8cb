/* Why a launch publishes nothing. */
#ifndef XIPLD_FAILURE_H
#define XIPLD_FAILURE_H

enum publish_failure {
	PUBLISH_OK,
	PUBLISH_NO_STORE,
	PUBLISH_FILE_SIZE_LIMIT,
	PUBLISH_MEMORY_LIMIT,
	PUBLISH_STORE_UNWRITABLE,
	PUBLISH_STORE_NOEXEC,
	PUBLISH_STORE_BUSY,
	PUBLISH_MEANWHILE, /* another launch did */
	PUBLISH_SLOT_TAKEN,
	PUBLISH_REGION_FULL, /* a new epoch makes room: xipstore rerandomize, a publisher */
	PUBLISH_NOT_STORABLE,
	PUBLISH_TEXTREL,
	PUBLISH_TOO_LARGE,
	PUBLISH_OUT_OF_MEMORY,
	PUBLISH_FAILURES
};

/* Its name, as --verbose and xipstore print it; PUBLISH_OK has none. */
const char *publish_failure_name(enum publish_failure failure);

#endif
