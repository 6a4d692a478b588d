/* Invented answers keep the rules of every question there is: those of the packs, and those of limits drawn at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/catalogue/pack.h"
#include "app/forms/invent.h"
#include "app/forms/value.h"

enum { TODAY = 20717 }; /* 21 September 2026 */

static void expect_right(struct arena *a, const struct question *q, const char *where)
{
	struct value_rules rules = {.arena = a, .lang = STR("en"), .today = TODAY};
	struct value_fault why;
	struct answer answer;
	struct err e = {0};
	assert_true(answer_invent(a, q, TODAY, &answer, &e));
	if (q->type == QUESTION_FILES) {
		assert_false(answer_is_given(&answer));
		return;
	}
	if (!answer_is_given(&answer) || !value_check(&rules, q, &answer, &why)) {
		fail_msg("%s: %.*s: %.*s", where, STR_ARG(q->id), STR_ARG(why.say));
	}
	/* As it would be typed, it is read again as the same. */
	struct typed typed;
	struct answer again;
	if (q->type != QUESTION_GROUP) {
		value_to_typed(a, q, &answer, &typed);
		if (!value_read(&rules, q, &typed, &again, &why)) {
			fail_msg("%s: \"%.*s\" is not read again: %.*s", where, STR_ARG(typed.text), STR_ARG(why.say));
		}
		for (size_t i = 0; i < again.value_n; i++) {
			assert_true(str_eq(again.values[i], answer.values[i]));
		}
	}
}

static void every_question_of_the_packs_gets_an_answer_that_it_takes(void **state)
{
	(void)state;
	static const char *const packs[] = {"packs/demo", "tests/data/packs/family"};
	size_t n = 0;
	for (size_t i = 0; i < 2; i++) {
		struct pack_files files;
		struct pack_report report;
		struct pack *pack;
		struct err e = {0};
		struct arena a;
		pack_report_init(&report);
		arena_init(&a, 64 << 20);
		assert_true(pack_files_read(str_of(packs[i]), &files, &report, &e));
		assert_true(pack_read(&files, &report, &pack, &e));
		pack_files_release(&files);
		assert_int_equal(report.mistakes, 0);
		for (size_t s = 0; s < pack->service_n; s++) {
			for (size_t p = 0; p < pack->services[s]->page_n; p++) {
				const struct form_page *page = &pack->services[s]->pages[p];
				for (size_t k = 0; k < page->question_n; k++, n++) {
					expect_right(&a, &page->questions[k], packs[i]);
				}
			}
		}
		arena_release(&a);
		pack_free(pack);
		pack_report_release(&report);
	}
	assert_true(n > 300);
}

static int64_t draw(uint64_t *seed, int64_t from, int64_t to)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return from + (int64_t)((*seed >> 33) % (uint64_t)(to - from + 1));
}

static void limits_drawn_at_random_are_kept(void **state)
{
	(void)state;
	static const struct {
		enum question_type type;
		int64_t from, to;
	} kinds[] = {{QUESTION_TEXT, 1, 200},
	             {QUESTION_LONG_TEXT, 1, 4000},
	             {QUESTION_WHOLE, -1000000, 1000000},
	             {QUESTION_DECIMAL, -1000000, 1000000},
	             {QUESTION_MONEY, -1000000, 1000000},
	             {QUESTION_DATE, 0, 40000}};
	uint64_t seed = 20260921;
	struct arena a;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 3000; round++) {
		size_t k = (size_t)draw(&seed, 0, 5);
		struct question q = {.id = STR("q"), .type = kinds[k].type, .currency = STR("EUR")};
		bool is_text = q.type == QUESTION_TEXT || q.type == QUESTION_LONG_TEXT;
		arena_init(&a, 1 << 20);
		q.digits = (int)draw(&seed, 1, 6);
		q.min = draw(&seed, kinds[k].from, kinds[k].to);
		q.max = draw(&seed, q.min, kinds[k].to);
		q.has_min = draw(&seed, 0, 1) != 0;
		q.has_max = is_text || draw(&seed, 0, 1) != 0;
		expect_right(&a, &q, "drawn");
		struct question group = {.id = STR("g"), .type = QUESTION_GROUP, .questions = &q, .question_n = 1};
		group.min = draw(&seed, 0, 4);
		group.max = draw(&seed, group.min < 1 ? 1 : group.min, 5);
		group.has_min = group.has_max = true;
		expect_right(&a, &group, "drawn");
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_question_of_the_packs_gets_an_answer_that_it_takes),
		cmocka_unit_test(limits_drawn_at_random_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
