#include "lib/limit.h"

#include "lib/hash.h"
#include "lib/sys.h"

static uint64_t
checksum(const struct limit_file *f)
{
	return hash_checksum(&f->version, sizeof(*f) - offsetof(struct limit_file, version), 0);
}

void
limit_encode(struct limit_file *f, const struct limit *l)
{
	*f = (struct limit_file){.version = LIMIT_VERSION, .unit = l->unit, .value = l->value};
	memcpy(f->magic, LIMIT_MAGIC, sizeof(f->magic));
	f->checksum = checksum(f);
}

static bool
is_possible(const struct limit *l)
{
	switch (l->unit) {
	case LIMIT_OF_BYTES:
		return l->value > 0;
	case LIMIT_OF_FILE_SYSTEM:
		return l->value > 0 && l->value <= 100;
	case LIMIT_NONE:
		return l->value == 0;
	default:
		return false;
	}
}

const char *
limit_decode(const struct limit_file *f, size_t size, struct limit *l)
{
	if (size != sizeof(*f))
		return "has the wrong size";
	if (memcmp(f->magic, LIMIT_MAGIC, sizeof(f->magic)) != 0)
		return "is not a limit's file";
	if (f->checksum != checksum(f))
		return "has a wrong checksum";
	if (f->version != LIMIT_VERSION)
		return "is of another version";
	*l = (struct limit){f->unit, f->value};
	return is_possible(l) ? NULL : "names a limit that cannot be";
}

/* Bits to shift by for a suffix, or -1. */
static int
shift_of(char suffix)
{
	switch (suffix) {
	case 0:
		return 0;
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	default:
		return -1;
	}
}

static const char *
parse_number(const char *text, struct limit *l)
{
	const char *at = text;
	int shift;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (l->value > (UINT64_MAX - 9) / 10)
			return "is too large";
		l->value = l->value * 10 + (uint64_t)(*at - '0');
	}
	if (at == text)
		return "is no size: a number with K, M, G or % behind it, default, or none";
	if (*at == '%') {
		l->unit = LIMIT_OF_FILE_SYSTEM;
		at++;
	}
	shift = l->unit == LIMIT_OF_FILE_SYSTEM && *at ? -1 : shift_of(*at);
	if (shift < 0 || (*at && at[1]))
		return "has an unknown suffix: K, M, G and % are known";
	if (l->value == 0)
		return "is no limit: nothing could be kept";
	if (l->unit == LIMIT_OF_FILE_SYSTEM && l->value > 100)
		return "is more than the whole file system";
	if (l->value > UINT64_MAX >> 1 >> shift)
		return "is too large";
	l->value <<= shift;
	return NULL;
}

const char *
limit_parse(const char *text, struct limit *l)
{
	*l = (struct limit){LIMIT_OF_BYTES, 0};
	if (streq(text, "none"))
		l->unit = LIMIT_NONE;
	else if (streq(text, "default"))
		l->unit = LIMIT_DEFAULT;
	else
		return parse_number(text, l);
	return NULL;
}

static uint64_t
part_of(uint64_t whole, uint64_t percent)
{
	return whole / 100 * percent;
}

uint64_t
limit_bytes(const struct limit *l, uint64_t file_system)
{
	uint64_t part = part_of(file_system, LIMIT_PERCENT);

	switch (l->unit) {
	case LIMIT_OF_BYTES:
		return l->value;
	case LIMIT_OF_FILE_SYSTEM:
		return part_of(file_system, l->value);
	case LIMIT_NONE:
		return UINT64_MAX;
	default:
		return part < LIMIT_BYTES ? part : LIMIT_BYTES;
	}
}
