/* Definitions: what the first service says, read from its file, and the small calls over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/catalogue/pack.h"

struct permit {
	struct pack *pack;
	struct pack_report report;
	const struct service *service;
};

static int set_up(void **state)
{
	static struct permit p;
	struct pack_files files;
	struct err e = {0};
	pack_report_init(&p.report);
	assert_true(pack_files_read(STR("packs/demo"), &files, &p.report, &e));
	assert_true(pack_read(&files, &p.report, &p.pack, &e));
	pack_files_release(&files);
	assert_int_equal(p.report.mistakes, 0);
	p.service = pack_service(p.pack, STR("labour-dispatch-permit"));
	assert_non_null(p.service);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct permit *p = *state;
	pack_free(p->pack);
	pack_report_release(&p->report);
	return 0;
}

static void a_text_falls_back_to_english(void **state)
{
	(void)state;
	struct text t = {{STR("Hello"), STR_EMPTY, STR_EMPTY}};
	assert_true(str_is(text_in(&t, STR("zh-Hans")), "Hello"));
	t.in[1] = STR("您好");
	assert_true(str_is(text_in(&t, STR("zh-Hans")), "您好"));
	assert_true(str_is(text_in(&t, STR("en")), "Hello"));
	assert_true(str_is(text_in(&t, STR_EMPTY), "Hello"));
	assert_false(text_is_empty(&t));
	struct text none = {0};
	assert_true(text_is_empty(&none));
	assert_int_equal(text_in(&none, STR("en")).n, 0);
	assert_non_null(text_in(&none, STR("en")).p);
}

static void the_permit_asks_what_its_rules_ask(void **state)
{
	const struct permit *p = *state;
	const struct service *s = p->service;
	assert_true(str_is(s->id, "labour-dispatch-permit"));
	assert_int_equal(s->version, 4);
	assert_int_equal(s->audience, FOR_ORGANISATIONS);
	assert_int_equal(s->clock.statutory.n, 20);
	assert_int_equal(s->clock.committed.n, 15);
	assert_int_equal(s->fee_minor, 0);
	assert_true(service_question_least(s) >= 15);
	assert_true(service_question_count(s) > service_question_least(s));
	size_t conditional = 0;
	for (size_t i = 0; i < s->page_n; i++) {
		conditional += s->pages[i].show_if.question.n > 0;
	}
	assert_int_equal(s->page_n, 12); /* three ask how the document is to come */
	assert_int_equal(conditional, 4);
	bool has_source[3] = {0};
	for (size_t i = 0; i < s->evidence_n; i++) {
		has_source[s->evidence[i].source] = true;
	}
	assert_true(has_source[EVIDENCE_REGISTRY] && has_source[EVIDENCE_UPLOAD] && has_source[EVIDENCE_DECLARATION]);
	assert_int_equal(service_papers(s), 4);
	assert_int_equal(service_papers_of_some(s), 0);
	assert_true(s->refusal_reason_n >= 3);
	assert_false(text_is_empty(&s->declaration));
	assert_false(text_is_empty(&s->objection));
}

static void bounds_are_read_in_the_units_they_are_kept_in(void **state)
{
	const struct permit *p = *state;
	const struct form_page *page = NULL;
	const struct question *q = service_question(p->service, STR("capital"), &page);
	assert_non_null(q);
	assert_true(str_is(page->id, "capital"));
	assert_int_equal(q->type, QUESTION_MONEY);
	assert_true(q->has_min);
	assert_int_equal(q->min, 200000000); /* cents */
	assert_true(str_is(q->currency, "EUR"));
	q = service_question(p->service, STR("lease-until"), NULL);
	assert_true(q->has_min_days && !q->has_max_days);
	assert_int_equal(q->min_days, 365);
	q = service_question(p->service, STR("landlord"), &page);
	assert_int_equal(q->max, 200);
	assert_true(str_is(page->show_if.question, "workplace-right"));
	assert_true(str_is(page->show_if.value, "rented"));
	assert_false(page->show_if.is_not);
	q = service_question(p->service, STR("workplace-address"), NULL);
	assert_int_equal(q->max, 400);
	assert_int_equal(q->data_class, CLASS_PUBLIC);
	assert_true(str_is(q->autocomplete, "street-address"));
}

static void each_question_says_why_it_is_asked(void **state)
{
	const struct permit *p = *state;
	for (size_t i = 0; i < p->service->page_n; i++) {
		const struct form_page *page = &p->service->pages[i];
		for (size_t k = 0; k < page->question_n; k++) {
			assert_true(page->questions[k].purpose.in[0].n > 0);
			assert_true(page->questions[k].purpose.in[1].n > 0);
			assert_true(page->questions[k].purpose.in[2].n > 0);
		}
	}
}

static void what_is_not_there_is_null(void **state)
{
	const struct permit *p = *state;
	size_t index = 99;
	assert_null(service_question(p->service, STR("favourite-colour"), NULL));
	assert_null(service_evidence(p->service, STR("horoscope")));
	assert_null(service_page(p->service, STR("stars"), &index));
	assert_int_equal(index, 99);
	assert_non_null(service_page(p->service, STR("lease"), &index));
	assert_int_equal(index, 4);
	assert_int_equal(service_evidence(p->service, STR("workplace-proof"))->source, EVIDENCE_UPLOAD);
}

static void currencies_know_their_digits(void **state)
{
	(void)state;
	assert_int_equal(currency_digits(STR("EUR")), 2);
	assert_int_equal(currency_digits(STR("CNY")), 2);
	assert_int_equal(currency_digits(STR("JPY")), 0);
	assert_int_equal(currency_digits(STR("KWD")), 3);
	assert_int_equal(currency_digits(STR("EURO")), -1);
	assert_int_equal(currency_digits(STR("R U")), -1);
	assert_int_equal(currency_digits(STR("UR ")), -1);
	assert_int_equal(currency_digits(STR("eur")), -1);
	assert_int_equal(currency_digits(STR_EMPTY), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_falls_back_to_english),
		cmocka_unit_test(the_permit_asks_what_its_rules_ask),
		cmocka_unit_test(bounds_are_read_in_the_units_they_are_kept_in),
		cmocka_unit_test(each_question_says_why_it_is_asked),
		cmocka_unit_test(what_is_not_there_is_null),
		cmocka_unit_test(currencies_know_their_digits),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
