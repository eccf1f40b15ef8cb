#include "shmstat/proc/maps.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Digits from *at, at least one and no more than fit; moves *at behind them. */
static bool
parse_decimal(const char **at, uint64_t *value)
{
	const char *p = *at;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	if (p == *at)
		return false;
	*at = p;
	*value = v;
	return true;
}

static bool
parse_hex(const char **at, uint64_t *value)
{
	const char *p = *at;
	uint64_t v = 0;

	for (;; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (digit > 9)
			digit = *p >= 'a' && *p <= 'f' ? (unsigned)(*p - 'a') + 10 : 16;
		if (digit > 15)
			break;
		if (v >> 60)
			return false;
		v = v << 4 | digit;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = v;
	return true;
}

static bool
parse_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

bool
maps_line(const char *line, struct mapping *m)
{
	const char *at = line;
	uint64_t major, minor;

	memset(m, 0, sizeof(*m));
	m->object = -1;
	if (!parse_hex(&at, &m->start) || !parse_char(&at, '-') || !parse_hex(&at, &m->end) ||
	    !parse_char(&at, ' ') || m->end < m->start)
		return false;
	for (int i = 0; i < 4; i++, at++) {
		if (*at != "rwxs"[i] && *at != "---p"[i])
			return false;
		m->perms[i] = *at;
	}
	if (!parse_char(&at, ' ') || !parse_hex(&at, &m->offset) || !parse_char(&at, ' ') ||
	    !parse_hex(&at, &major) || !parse_char(&at, ':') || !parse_hex(&at, &minor) ||
	    !parse_char(&at, ' ') || !parse_decimal(&at, &m->inode))
		return false;
	m->dev_major = (unsigned)major;
	m->dev_minor = (unsigned)minor;
	while (*at == ' ')
		at++;
	m->path = at;
	return true;
}

bool
mapping_is_user(const struct mapping *m)
{
	return m->end <= 1ULL << 63;
}

/* How a line's number gets into the counts. */
enum unit { PAGES, KB, FINE };

static const struct {
	const char *key;
	size_t offset;
	enum unit unit;
} smaps_keys[] = {
	{"Size", offsetof(struct counts, mapped), PAGES},
	{"Rss", offsetof(struct counts, resident), PAGES},
	{"Pss", offsetof(struct counts, pss), FINE},
	{"Shared_Clean", offsetof(struct counts, shared_clean), PAGES},
	{"Shared_Dirty", offsetof(struct counts, shared_dirty), PAGES},
	{"Private_Clean", offsetof(struct counts, private_clean), PAGES},
	{"Private_Dirty", offsetof(struct counts, private_dirty), PAGES},
	{"Anonymous", offsetof(struct counts, anonymous), PAGES},
	{"KSM", offsetof(struct counts, ksm), PAGES},
	{"AnonHugePages", offsetof(struct counts, anon_huge), PAGES},
	{"Shared_Hugetlb", offsetof(struct counts, shared_hugetlb), PAGES},
	{"Private_Hugetlb", offsetof(struct counts, private_hugetlb), PAGES},
	{"Swap", offsetof(struct counts, swap), PAGES},
	{"SwapPss", offsetof(struct counts, swap_pss_kb), KB},
};

void
smaps_line(const char *line, struct counts *c)
{
	const char *colon = strchr(line, ':'), *at;
	uint64_t kb;

	if (!colon)
		return;
	at = colon + 1;
	while (*at == ' ')
		at++;
	for (size_t i = 0; i < sizeof(smaps_keys) / sizeof(smaps_keys[0]); i++) {
		size_t len = strlen(smaps_keys[i].key);

		if (len != (size_t)(colon - line) || memcmp(smaps_keys[i].key, line, len) != 0)
			continue;
		if (!parse_decimal(&at, &kb) || kb >> 42)
			return; /* 2^42 kB: more than there are addresses */
		*(uint64_t *)(void *)((char *)c + smaps_keys[i].offset) +=
			smaps_keys[i].unit == PAGES  ? kb * 1024 / system_page_size()
			: smaps_keys[i].unit == FINE ? kb << PSS_KB_SHIFT
						     : kb;
		return;
	}
}

static void
parse_name(const char *at, struct process *p)
{
	size_t n = 0;

	for (; *at && n < sizeof(p->name) - 1; at++) {
		char c = *at;

		if (c == '\\' && (at[1] == 'n' || at[1] == '\\')) {
			at++;
			c = *at == 'n' ? '\n' : '\\';
		}
		p->name[n++] = c;
	}
	p->name[n] = '\0';
}

void
status_line(const char *line, struct process *p, bool *has_memory)
{
	static const struct {
		const char *key;
		size_t offset;
	} sums[] = {
		{"VmRSS:", offsetof(struct process, kernel_counts.resident_kb)},
		{"RssAnon:", offsetof(struct process, kernel_counts.anonymous_kb)},
		{"VmPTE:", offsetof(struct process, table_kb)},
		{"VmSwap:", offsetof(struct process, kernel_counts.swap_kb)},
		{"HugetlbPages:", offsetof(struct process, kernel_counts.hugetlb_kb)},
	};
	const char *at = strchr(line, '\t');
	uint64_t value;

	if (!at)
		return;
	while (*at == '\t' || *at == ' ')
		at++;
	if (strncmp(line, "Name:", 5) == 0)
		parse_name(line[5] ? line + 6 : at, p);
	else if (strncmp(line, "State:", 6) == 0)
		p->first_ended = *at == 'Z';
	else if (strncmp(line, "Threads:", 8) == 0 && parse_decimal(&at, &value))
		p->first_ended &= value > 1;
	else if (strncmp(line, "PPid:", 5) == 0 && parse_decimal(&at, &value))
		p->parent = (pid_t)value;
	else if (strncmp(line, "Uid:", 4) == 0 && parse_decimal(&at, &value))
		p->uid = (uid_t)value;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		if (strncmp(line, sums[i].key, strlen(sums[i].key)) != 0 ||
		    !parse_decimal(&at, &value))
			continue;
		memcpy((char *)p + sums[i].offset, &value, sizeof(value));
		*has_memory |= sums[i].offset == offsetof(struct process, table_kb);
	}
}

bool
stat_line(const char *text, pid_t *parent, uint64_t *start_time)
{
	const char *at = strrchr(text, ')');
	uint64_t value;

	/* fields are numbered as in proc(5): 3 is the state, 4 the parent, 22 the start */
	if (!at || at[1] != ' ' || !at[2] || at[3] != ' ')
		return false;
	at += 4;
	if (!parse_decimal(&at, &value))
		return false;
	*parent = (pid_t)value;
	for (int field = 4; field < 22; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	return parse_decimal(&at, start_time);
}
