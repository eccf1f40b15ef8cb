/* A publisher's parts: requests, the queue, what is remembered, what is worth a plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/request.h"
#include "lib/worth.h"
#include "xipstore/serve_memory.h"
#include "xipstore/serve_policy.h"
#include "xipstore/serve_queue.h"

#define REST "LD_LIBRARY_PATH\nLD_PRELOAD\nLD_BIND_NOW\nGLIBC_TUNABLES\npreload\nlibrary-path\n"
#define HEAD "build=0a\ncpu=1\n"
#define GOOD HEAD "program=/bin/true\n" REST

static char datagram[REQUEST_MOST + 1];

static const char *
parse(const char *text, struct request *r)
{
	size_t size = sizeof(struct request_header) + strlen(text);

	request_header((struct request_header *)datagram, REQUEST_PUBLISH, size);
	memcpy(datagram + sizeof(struct request_header), text, strlen(text));
	return request_parse(datagram, size, r);
}

static void
assert_word(const struct request_word *w, const char *text)
{
	assert_int_equal(w->size, strlen(text));
	assert_memory_equal(w->at, text, w->size);
}

static void
a_request_is_taken_apart(void **state)
{
	struct request r;

	(void)state;
	assert_null(parse("store=/s\n" HEAD "program=./p\ncwd=/home\nLD_LIBRARY_PATH=/l\n"
			  "LD_PRELOAD=\nLD_BIND_NOW\nGLIBC_TUNABLES\npreload=x\nlibrary-path\n",
			  &r));
	assert_word(&r.store, "/s");
	assert_word(&r.program, "./p");
	assert_word(&r.cwd, "/home");
	assert_word(&r.variables[0], "/l");
	assert_word(&r.variables[1], "");
	assert_null(r.variables[2].at);
	assert_word(&r.preload, "x");
	assert_true(request_has_environment(&r));
	assert_memory_equal(r.key.at, "build=", 6);
	assert_null(parse(GOOD, &r));
	assert_false(request_has_environment(&r));
	assert_null(r.store.at);
}

static void
what_is_no_request_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		GOOD "x",
		GOOD GOOD,
		HEAD "program\n" REST,
		HEAD "program=\n" REST,
		HEAD "program=true\n" REST,
		HEAD "program=./true\n" REST,
		HEAD "program=./true\ncwd=here\n" REST,
		HEAD "program=/bin/true\ncwd=/\n" REST,
		HEAD "program=/bin/true\nLD_PRELOAD\nLD_LIBRARY_PATH\n",
		HEAD "program=/bin/true\nLD_LIBRARY_PATHS\n",
		"build=xy\ncpu=1\nprogram=/bin/true\n" REST,
		"cpu=1\nprogram=/bin/true\n" REST,
		"store=s\n" GOOD,
		"store\n" GOOD,
	};
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_non_null(parse(texts[i], &r));
}

static void
a_request_of_any_length_is_refused_or_good(void **state)
{
	size_t size = sizeof(struct request_header) + strlen(GOOD);
	struct request r;

	(void)state;
	assert_null(parse(GOOD, &r));
	for (size_t cut = 0; cut < size; cut++) {
		char *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees its end */

		memcpy(exact, datagram, cut);
		if (cut >= sizeof(struct request_header))
			((struct request_header *)exact)->size = (uint32_t)cut;
		assert_non_null(request_parse(exact, cut, &r));
		free(exact);
	}
	datagram[size - 3] = 0;
	assert_non_null(request_parse(datagram, size, &r));
	assert_non_null(request_parse(datagram, sizeof(datagram), &r));
}

static void
a_question_for_the_status_has_no_key(void **state)
{
	static const char *const bad[] = {"x",	     "\n", GOOD, "store=s\n", "store=/s\nx\n",
					  "store=/s"};
	const size_t header = sizeof(struct request_header);
	struct request r;

	(void)state;
	request_header((struct request_header *)datagram, REQUEST_STATUS, header);
	assert_null(request_parse(datagram, header, &r));
	assert_null(r.store.at);
	memcpy(datagram + header, "store=/s\n", 9);
	request_header((struct request_header *)datagram, REQUEST_STATUS, header + 9);
	assert_null(request_parse(datagram, header + 9, &r));
	assert_word(&r.store, "/s");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const size_t size = header + strlen(bad[i]);

		memcpy(datagram + header, bad[i], strlen(bad[i]));
		request_header((struct request_header *)datagram, REQUEST_STATUS, size);
		assert_non_null(request_parse(datagram, size, &r));
	}
}

static void
worth_is_a_rule(void **state)
{
	static const struct {
		struct candidate c;
		bool worth;
	} cases[] = {
		{{.ordered = true}, true},
		{{.roots = true, .age = WORTH_SETTLED}, true},
		{{.roots = true, .age = WORTH_SETTLED - 1, .launches = 2}, false},
		{{.roots = true, .launches = 3}, true},
		{{.age = 1000000, .launches = 2}, false},
		{{.launches = WORTH_LAUNCHES}, true},
	};
	const char *reason;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(worth_a_plan(&cases[i].c, &reason), cases[i].worth);
}

static const uint8_t *
key(unsigned n)
{
	static uint8_t bytes[HASH_SIZE];

	memcpy(bytes, &n, sizeof(n));
	return bytes;
}

static unsigned
take(struct queue *q, uint32_t *uid)
{
	struct waiting w;
	unsigned n;

	if (!queue_take(q, &w))
		return 0;
	memcpy(&n, w.key, sizeof(n));
	*uid = w.uid;
	waiting_free(&w);
	return n;
}

static void
users_are_served_in_turn(void **state)
{
	struct queue q = {0};
	uint32_t uid, last = 0;

	(void)state;
	for (unsigned n = 1; n <= 100; n++) /* one asks for a hundred: some of them */
		assert_int_equal(queue_add(&q, 1000, key(n), "", 1, -1),
				 n <= QUEUE_SHARE ? QUEUE_ADDED : QUEUE_SHARE_FULL);
	assert_int_equal(queue_add(&q, 1000, key(3), "", 1, -1), QUEUE_THERE);
	for (uint32_t other = 1001; other < 1004; other++)
		assert_int_equal(queue_add(&q, other, key(other), "", 1, -1), QUEUE_ADDED);
	assert_int_equal(take(&q, &uid), 1);
	for (uint32_t other = 1001; other < 1004; other++)
		assert_int_equal(take(&q, &uid), other);
	for (unsigned n = 2; n <= QUEUE_SHARE; n++) {
		unsigned got = take(&q, &uid);

		assert_true(got > last); /* in the order of arrival */
		last = got;
	}
	assert_int_equal(take(&q, &uid), 0);
}

static void
the_queue_has_an_end(void **state)
{
	struct queue q = {0};
	uint32_t uid = 0;
	size_t added = 0;

	(void)state;
	for (unsigned n = 1; n <= 10 * QUEUE_CAPACITY; n++)
		added += queue_add(&q, n, key(n), "", 1, -1) == QUEUE_ADDED;
	assert_int_equal(added, QUEUE_CAPACITY);
	while (take(&q, &uid))
		added--;
	assert_int_equal(added, 0);
}

static void
many_users_cannot_keep_one_out(void **state)
{
	struct queue q = {0};
	uint32_t uid = 0;
	size_t added = 0;

	(void)state;
	for (unsigned n = 0; n < 4 * QUEUE_SHARE; n++)
		assert_int_equal(queue_add(&q, 2000 + n % 4, key(n + 1), "", 1, -1), QUEUE_ADDED);
	assert_int_equal(q.count, QUEUE_CAPACITY);
	while (queue_add(&q, 1000, key(1000 + (unsigned)added), "", 1, -1) == QUEUE_ADDED)
		added++;
	assert_int_equal(added, QUEUE_CAPACITY / 5);
	assert_int_equal(q.count, QUEUE_CAPACITY);
	assert_true(queue_has(&q, key(1))); /* what came first stays */
	assert_int_equal(take(&q, &uid), 1000);
	while (take(&q, &uid))
		;
}

static void
launches_are_counted_for_a_day(void **state)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct launched f = {.ino = 1, .size = 2, .uid = 1000}, other = f;

	(void)state;
	assert_int_equal(memory_launches(m, &f, 0), 0);
	assert_int_equal(memory_count(m, &f, 0), 1);
	assert_int_equal(memory_count(m, &f, 10), 2);
	assert_int_equal(memory_launches(m, &f, 10), 2);
	other.mtime_nsec = 1;
	assert_int_equal(memory_count(m, &other, 10), 1);
	assert_int_equal(memory_count(m, &f, WORTH_DAY - 1), 3);
	assert_int_equal(memory_count(m, &f, WORTH_DAY), 1);
	free(m);
}

static void
the_oldest_files_are_forgotten(void **state)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct launched f = {.uid = 1000};
	unsigned known = 0;

	(void)state;
	for (unsigned n = 0; n < 10 * MEMORY_TALLY; n++) {
		f.ino = n;
		assert_int_equal(memory_count(m, &f, n / 1000), 1);
		assert_int_equal(memory_launches(m, &f, n / 1000), 1);
	}
	for (f.ino = 0; f.ino < 10 * MEMORY_TALLY; f.ino++)
		known += memory_launches(m, &f, 41) > 0;
	assert_in_range(known, MEMORY_TALLY / 2, MEMORY_TALLY);
	f.ino = 0;
	assert_int_equal(memory_launches(m, &f, 41), 0);
	free(m);
}

static void
failures_are_remembered_for_a_while(void **state)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct launched f = {.ino = 1}, changed = {.ino = 1, .mtime_sec = 1};

	(void)state;
	memory_keep(m, key(1), &f, 100, "no such library");
	assert_string_equal(memory_result(m, key(1), &f, 100)->reason, "no such library");
	assert_non_null(memory_result(m, key(1), &f, 100 + MEMORY_FAILED - 1));
	assert_null(memory_result(m, key(1), &f, 100 + MEMORY_FAILED));
	assert_null(memory_result(m, key(1), &changed, 100));
	assert_null(memory_result(m, key(2), &f, 100));
	memory_keep(m, key(1), &f, 200, NULL);
	assert_false(memory_result(m, key(1), &f, 200)->failed);
	assert_null(memory_result(m, key(1), &f, 200 + MEMORY_DONE));
	for (unsigned n = 0; n < 10 * MEMORY_RESULTS; n++)
		memory_keep(m, key(n), &f, 300 + n, "");
	assert_non_null(memory_result(m, key(10 * MEMORY_RESULTS - 1), &f, 10540));
	free(m);
}

static void
a_plain_path_has_one_spelling(void **state)
{
	static const char *const others[] = {"",     "a",     "/",     "//a",	 "/a/", "/a//b",
					     "/./a", "/a/..", "/../a", "/a/./b", "/a/."};

	(void)state;
	assert_true(policy_is_plain_path("/a"));
	assert_true(policy_is_plain_path("/a/.b/..c/d."));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(policy_is_plain_path(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(a_request_of_any_length_is_refused_or_good),
		cmocka_unit_test(a_question_for_the_status_has_no_key),
		cmocka_unit_test(worth_is_a_rule),
		cmocka_unit_test(users_are_served_in_turn),
		cmocka_unit_test(the_queue_has_an_end),
		cmocka_unit_test(many_users_cannot_keep_one_out),
		cmocka_unit_test(launches_are_counted_for_a_day),
		cmocka_unit_test(the_oldest_files_are_forgotten),
		cmocka_unit_test(failures_are_remembered_for_a_while),
		cmocka_unit_test(a_plain_path_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
