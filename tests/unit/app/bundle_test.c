/* A bundle as one form: nothing is asked twice, and what an earlier service issues is not asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "app/catalogue/bundle.h"
#include "app/catalogue/pack.h"

struct world {
	struct pack *pack;
	struct arena arena;
	struct service stall, gas; /* copies that a test may change */
	struct evidence evidence[4];
	struct bundle_member members[2];
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct pack_files files;
	struct pack_report report;
	struct err e;
	assert_non_null(w);
	pack_report_init(&report);
	assert_true(pack_files_read(STR("tests/data/packs/stall"), &files, &report, &e));
	assert_true(pack_read(&files, &report, &w->pack, &e));
	assert_int_equal(report.mistakes, 0);
	pack_files_release(&files);
	pack_report_release(&report);
	arena_init(&w->arena, 16 << 20);
	w->stall = *pack_service(w->pack, STR("market-stall"));
	w->gas = *pack_service(w->pack, STR("gas-inspection"));
	assert_true(w->stall.evidence_n <= 4);
	memcpy(w->evidence, w->stall.evidence, w->stall.evidence_n * sizeof w->evidence[0]);
	w->stall.evidence = w->evidence;
	w->members[0] = (struct bundle_member){.service = &w->gas};
	w->members[1] = (struct bundle_member){&w->stall, w->pack->bundles[0].parts[1].after, 1};
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	arena_release(&w->arena);
	pack_free(w->pack);
	free(w);
	return 0;
}

static const struct service *make(struct world *w)
{
	const struct service *s = bundle_make(&w->arena, &w->pack->bundles[0], w->members, 2);
	assert_non_null(s);
	return s;
}

static void expect_asked(const struct service *s, size_t member, const char *question, const char *asked)
{
	struct str got = bundle_asked_as(s, member, str_of(question));
	if (!str_is(got, asked)) {
		fail_msg("%s of member %zu is asked as \"%.*s\", not as \"%s\"", question, member, STR_ARG(got), asked);
	}
}

static void a_fact_is_asked_once_and_for_both(void **state)
{
	const struct service *s = make(*state);
	expect_asked(s, 0, "owner", "gas-inspection--owner");
	expect_asked(s, 1, "trader", "gas-inspection--owner");
	expect_asked(s, 1, "width", "market-stall--width");
	assert_null(service_question(s, STR("market-stall--trader"), NULL));
	/* What is right for both: 200 characters there, 60 here. */
	assert_int_equal(service_question(s, STR("gas-inspection--owner"), NULL)->max, 60);
	/* Eight minutes for ten questions: eight of them are left. */
	assert_int_equal(s->minutes, 7);
}

static void conditions_follow_their_questions(void **state)
{
	struct world *w = *state;
	w->evidence[1].document = STR_EMPTY;
	const struct service *s = make(w);
	const struct form_page *page = service_page(s, STR("market-stall--kitchen"), NULL);
	assert_non_null(page);
	assert_true(str_is(page->show_if.question, "market-stall--goods"));
	assert_true(str_is(page->show_if.value, "food"));
	assert_true(str_is(service_evidence(s, STR("market-stall--gas-test"))->show_if.question, "market-stall--cooks"));
}

static void a_paper_that_an_earlier_service_issues_is_not_asked_for(void **state)
{
	struct world *w = *state;
	w->evidence[1].document = STR_EMPTY;
	expect_asked(make(w), 1, "gas-file", "market-stall--gas-file");
	w->evidence[1].document = STR("gas-report");
	const struct service *s = make(w);
	expect_asked(s, 1, "gas-file", "");
	assert_null(service_page(s, STR("market-stall--gas"), NULL));
	assert_null(service_evidence(s, STR("market-stall--gas-test")));
}

static void what_is_asked_only_under_a_condition_is_asked_again(void **state)
{
	struct world *w = *state;
	w->members[0] = (struct bundle_member){.service = &w->stall};
	w->members[1] = (struct bundle_member){.service = &w->gas};
	const struct form_page *last = &w->stall.pages[w->stall.page_n - 1];
	struct question *trader = &last->questions[last->question_n - 1];
	expect_asked(make(w), 1, "owner", "market-stall--trader");
	trader->show_if = (struct condition){.question = STR("cooks"), .value = STR("yes")};
	expect_asked(make(w), 1, "owner", "gas-inspection--owner");
	trader->show_if = (struct condition){0};
}

static void the_digest_names_the_services_and_the_texts(void **state)
{
	struct world *w = *state;
	const struct service *s = make(w), *same = make(w);
	assert_memory_equal(s->digest, same->digest, SHA256_BYTES);
	w->gas.digest[0] ^= 1;
	assert_memory_not_equal(s->digest, make(w)->digest, SHA256_BYTES);
	struct buf body;
	buf_init(&body, 65536);
	bundle_put_body(&body, &w->pack->bundles[0], w->members, 2);
	assert_true(bundle_is_body(buf_str(&body)));
	assert_false(bundle_is_body(STR("format: 1\nid: x\n")));
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_fact_is_asked_once_and_for_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(conditions_follow_their_questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_paper_that_an_earlier_service_issues_is_not_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_asked_only_under_a_condition_is_asked_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_digest_names_the_services_and_the_texts, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
