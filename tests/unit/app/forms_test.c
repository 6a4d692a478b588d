/* Filling in the demo's permit over a real server: start, pages, errors, conditions, review, other people's drafts.
 * What render does to uploads is tested where render runs (tests/http). */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"
#include "app/forms/page_state.h"
#include "app/mail/mail.sql.h"

static const struct store_schema *const schemas[] = {&event_schema, &people_schema, &catalogue_schema,
                                                     &mail_schema,  &forms_schema,  NULL};

#define GOOD "kettle+window+moss+7"
#define GOOD_PLAIN "kettle window moss 7"
#define SERVICE "labour-dispatch-permit"

struct town {
	struct city c;
	int64_t lin, firm;
};

static int set_up(void **state)
{
	struct town *t = malloc(sizeof *t);
	struct city *c = &t->c;
	struct pack_report report = {0};
	city_found(c, schemas);
	c->app.time.fixed_legal_us = (int64_t)date_to_day((struct date){2026, 11, 18}) * US_PER_DAY + 10 * 3600 * US_PER_S;
	buf_init(&report.text, 1 << 20);
	city_ok(c, catalogue_open(&c->app, &c->e));
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	assert_int_equal(report.mistakes, 0);
	buf_release(&report.text);
	t->lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	city_ok(c, people_add_organisation(c->app.store, STR("Harbour Staff Ltd"), STR("cn-uscc"),
	                                   STR("91350100M000100Y43"), &t->firm, &c->e));
	city_ok(c, people_give_mandate(c->app.store, t->lin, t->firm, 0, &c->e));
	c->tables[0] = people_routes;
	c->tables[1] = forms_routes;
	city_open(c);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct town *t = *state;
	struct city *c = &t->c;
	http_stop(c->server.http, 5 * US_PER_S);
	rmdir(c->server.dir);
	c->server.http = NULL;
	catalogue_close(&c->app);
	city_close(c);
	free(t);
	return 0;
}

/* A browser of Lin's that has begun an application; `draft` is "/draft/ID". */
static struct browser begun(struct town *t, char draft[64])
{
	struct browser b = {.city = &t->c};
	char fields[100];
	char id[ID_CHARS + 1];
	sign_in(&b, "lin@example.org", GOOD);
	assert_int_equal(b.a.status, 303);
	visit(&b, "/apply/" SERVICE);
	assert_int_equal(b.a.status, 200);
	id_format(t->firm, id);
	snprintf(fields, sizeof fields, "party=%s", id);
	post(&b, "/apply/" SERVICE, fields);
	assert_int_equal(b.a.status, 303);
	snprintf(draft, 64, "%.*s", 7 + ID_CHARS, location(&b).p);
	assert_true(str_starts(str_of(draft), STR("/draft/")));
	follow(&b);
	assert_int_equal(b.a.status, 200);
	return b;
}

static const char *at(const char *draft, const char *rest)
{
	static char path[200];
	snprintf(path, sizeof path, "%s%s", draft, rest);
	return path;
}

/* Files as render would have left them: rows only. */
static void add_file(struct town *t, const char *draft, const char *question)
{
	static int64_t next = 7000;
	struct file_change f = {.state = DRAFT_OPEN,
	                        .file = {.party = t->firm,
	                                 .id = next++,
	                                 .question = str_of(question),
	                                 .filename = STR("scan <1>.pdf"),
	                                 .layout = STR("[[1,10,20,0,30]]"),
	                                 .page_n = 1,
	                                 .bytes = 1234}};
	f.file.original.bytes = 1234;
	f.file.pages.bytes = 30;
	assert_true(id_parse(str_sub(str_of(draft), 7, ID_CHARS), &f.file.casefile));
	struct store_op op = {.route = t->firm};
	city_ok(&t->c, store_write(t->c.app.store, &op, draft_job_add_file, &f, &t->c.e));
}

struct step {
	const char *page, *fields, *next; /* next: where it leads */
};
static const struct step steps[] = {
	{"firm", "legal-form=limited&founded-day=1&founded-month=2&founded-year=2015", "representative"},
	{"representative", "representative-name=Lin+Xiaohe&representative-number=11010519491231002x", "capital"},
	{"capital", "capital=2,500,000&capital-shown-by=audit", "workplace"},
	{"workplace", "workplace-address=11+Ropewalk&floor-area=%EF%BC%98%EF%BC%95&workplace-right=owned", "management"},
	{"management", "facilities=office&facilities=interviews&rules-cover=pay", "plans"},
	{"plans", "workers=40&has-branch=no", "contact"},
	{"contact", "contact-name=Lin+Xiaohe&contact-phone=20+555+0123", "/check"},
};

static void add_files(struct town *t, const char *draft)
{
	add_file(t, draft, "capital-file");
	add_file(t, draft, "workplace-file");
	add_file(t, draft, "rules-file");
	add_file(t, draft, "agreement-file");
}

static void walk(struct browser *b, const char *draft)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/page/%s", draft, steps[i].page);
		visit(b, path);
		assert_int_equal(b->a.status, 200);
		post(b, path, steps[i].fields);
		if (b->a.status != 303 || !str_ends(location(b), str_of(steps[i].next))) {
			fail_msg("%s: status %d, to %.*s", steps[i].page, b->a.status, STR_ARG(location(b)));
		}
	}
}

static void firm_walks_from_start_to_review(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	assert_true(body_has(&b.a, "part 1 of 7"));
	assert_true(body_has(&b.a, "Question 1 of 20"));
	add_files(t, draft);
	walk(&b, draft);
	follow(&b);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "Send the application"));
	assert_true(body_has(&b.a, "Sunday 1 February 2015"));
	assert_true(body_has(&b.a, "11010519491231002X"));
	assert_true(body_has(&b.a, "+999205550123"));
	assert_true(body_has(&b.a, "85 square metres"));
	assert_true(body_has(&b.a, "scan &lt;1&gt;.pdf"));
	assert_true(body_has(&b.a, at(draft, "/submit")));
	assert_true(body_has(&b.a, "name=\"declaration\""));
	assert_true(strlen(b.op) == 32);
	visit(&b, draft);
	assert_true(body_has(&b.a, "7 of 7 parts done"));
	assert_true(body_has(&b.a, "Check and send"));
}

static void review_lists_what_is_missing_and_has_no_button(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/check"));
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "19 answers are missing")); /* all but the optional e-mail */
	assert_false(body_has(&b.a, "/submit"));
	assert_true(body_has(&b.a, "/page/capital?then=check#capital"));
	visit(&b, at(draft, "/check?look=again"));
	assert_false(body_has(&b.a, "/submit"));
}

static void declaration_is_asked_for_again(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	add_files(t, draft);
	walk(&b, draft);
	visit(&b, at(draft, "/check?look=again"));
	assert_true(body_has(&b.a, "<title>Error:"));
	assert_true(body_has(&b.a, "href=\"#declaration\""));
}

static void wrong_answers_stay_as_typed_with_what_would_be_right(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/workplace"));
	post(&b, at(draft, "/page/workplace"),
	     "workplace-address=11+Ropewalk&floor-area=about+eighty+%3Cb%3E&workplace-right=owned");
	assert_int_equal(b.a.status, 422);
	assert_true(body_has(&b.a, "<title>Error:"));
	assert_true(body_has(&b.a, "value=\"about eighty &lt;b&gt;\""));
	assert_true(body_has(&b.a, "Write the floor area in figures, such as 85."));
	assert_true(body_has(&b.a, "href=\"#floor-area\""));
	assert_true(body_has(&b.a, "href=\"#workplace-file\"")); /* the file is missing as well */
	assert_true(body_has(&b.a, "aria-invalid"));
	/* What was right is kept. */
	visit(&b, at(draft, "/page/workplace"));
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "11 Ropewalk</textarea>"));
	assert_false(body_has(&b.a, "about eighty"));
	visit(&b, draft);
	assert_true(body_has(&b.a, "2 answers to go"));
}

static void condition_opens_and_hides_a_page(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/lease"));
	assert_int_equal(b.a.status, 303); /* not asked: the way to the parts */
	add_files(t, draft);
	walk(&b, draft);
	visit(&b, at(draft, "/page/workplace"));
	post(&b, at(draft, "/page/workplace"), "workplace-address=11+Ropewalk&floor-area=85&workplace-right=rented");
	assert_true(str_ends(location(&b), STR("/page/lease")));
	follow(&b);
	assert_true(body_has(&b.a, "Your lease"));
	post(&b, at(draft, "/page/lease"), "landlord=Ada&lease-until-day=17&lease-until-month=11&lease-until-year=2027");
	assert_int_equal(b.a.status, 422);
	assert_true(body_has(&b.a, "at least one more year"));
	post(&b, at(draft, "/page/lease"), "landlord=Ada&lease-until-day=18&lease-until-month=11&lease-until-year=2027");
	assert_int_equal(b.a.status, 303);
	visit(&b, at(draft, "/check"));
	assert_true(body_has(&b.a, "Ada"));
	/* Owned again: the lease is kept, but not part of what would be sent; rented again, and it is there. */
	post(&b, at(draft, "/page/workplace"), "workplace-address=11+Ropewalk&floor-area=85&workplace-right=owned");
	visit(&b, at(draft, "/check"));
	assert_false(body_has(&b.a, "Ada"));
	assert_true(body_has(&b.a, "/submit"));
	post(&b, at(draft, "/page/workplace"), "workplace-address=11+Ropewalk&floor-area=85&workplace-right=rented");
	visit(&b, at(draft, "/check"));
	assert_true(body_has(&b.a, "Ada"));
}

static void change_link_leads_back_to_the_review(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/plans?then=check"));
	assert_true(body_has(&b.a, "name=\"then\" value=\"check\""));
	post(&b, at(draft, "/page/plans"), "workers=41&has-branch=no&then=check");
	assert_true(str_ends(location(&b), STR("/check")));
	post(&b, at(draft, "/page/plans"), "workers=41&has-branch=no&then=https://evil.example");
	assert_true(str_ends(location(&b), STR("/page/contact")));
}

static void saving_for_later_keeps_what_is_there(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/plans"));
	post(&b, at(draft, "/page/plans"), "workers=41&later=yes");
	assert_int_equal(b.a.status, 303);
	assert_str(location(&b), draft);
	follow(&b);
	assert_true(body_has(&b.a, "One answer to go"));
	visit(&b, "/apply/" SERVICE);
	assert_true(body_has(&b.a, "You have begun already"));
	assert_true(body_has(&b.a, draft));
}

static void going_back_and_sending_another_answer_is_no_conflict(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/plans"));
	char op[64];
	snprintf(op, sizeof op, "%s", b.op);
	post(&b, at(draft, "/page/plans"), "workers=41&has-branch=no");
	snprintf(b.op, sizeof b.op, "%s", op); /* the page from the browser's memory */
	post(&b, at(draft, "/page/plans"), "workers=42&has-branch=no");
	assert_int_equal(b.a.status, 303);
	visit(&b, at(draft, "/page/plans"));
	assert_true(body_has(&b.a, "value=\"42\""));
}

static void button_pressed_twice_begins_one_application(void **state)
{
	struct town *t = *state;
	struct browser b = {.city = &t->c};
	char fields[100];
	char first[100];
	char id[ID_CHARS + 1];
	sign_in(&b, "lin@example.org", GOOD);
	visit(&b, "/apply/" SERVICE);
	id_format(t->firm, id);
	snprintf(fields, sizeof fields, "party=%s", id);
	post(&b, "/apply/" SERVICE, fields);
	snprintf(first, sizeof first, "%.*s", STR_ARG(location(&b)));
	post(&b, "/apply/" SERVICE, fields);
	assert_str(location(&b), first);
}

static void others_see_no_draft(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser lin = begun(t, draft);
	(void)lin;
	city_person(&t->c, "Eve", "eve@example.org", GOOD_PLAIN);
	struct browser eve = {.city = &t->c};
	sign_in(&eve, "eve@example.org", GOOD);
	static const char *const paths[] = {"",         "/page/firm",          "/check",
	                                    "/discard", "/file/0000000000001", "/file/0000000000001/0"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		visit(&eve, at(draft, paths[i]));
		assert_int_equal(eve.a.status, 404);
	}
	visit(&eve, "/account");
	post(&eve, at(draft, "/page/firm"), "legal-form=other");
	assert_int_equal(eve.a.status, 404);
	post(&eve, at(draft, "/discard"), "");
	assert_int_equal(eve.a.status, 404);
	struct browser visitor = {.city = &t->c};
	visit(&visitor, draft);
	assert_int_equal(visitor.a.status, 303);
	visit(&lin, "/draft/0000000000001");
	assert_int_equal(lin.a.status, 404);
	visit(&lin, "/draft/..%2f..%2fetc");
	assert_true(lin.a.status == 404 || lin.a.status == 400);
	visit(&lin, at(draft, "/page/nowhere"));
	assert_int_equal(lin.a.status, 404);
}

static void account_without_a_firm_is_told_what_to_do(void **state)
{
	struct town *t = *state;
	char fields[100];
	char id[ID_CHARS + 1];
	int64_t eve = city_person(&t->c, "Eve", "eve@example.org", GOOD_PLAIN);
	struct browser b = {.city = &t->c};
	sign_in(&b, "eve@example.org", GOOD);
	visit(&b, "/apply/" SERVICE);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "Your account acts for none yet"));
	assert_false(body_has(&b.a, "name=\"party\""));
	visit(&b, "/account");
	int64_t parties[] = {eve, t->firm};
	for (size_t i = 0; i < 2; i++) { /* oneself, and a firm of others */
		id_format(parties[i], id);
		snprintf(fields, sizeof fields, "party=%s", id);
		post(&b, "/apply/" SERVICE, fields);
		assert_true(body_has(&b.a, "Your account acts for none yet"));
	}
	visit(&b, "/apply/no-such-service");
	assert_int_equal(b.a.status, 404);
}

static void one_of_several_firms_is_chosen(void **state)
{
	struct town *t = *state;
	struct city *c = &t->c;
	int64_t second = 0;
	city_ok(c, people_add_organisation(c->app.store, STR("Quay Crew Ltd"), STR_EMPTY, STR_EMPTY, &second, &c->e));
	city_ok(c, people_give_mandate(c->app.store, t->lin, second, 0, &c->e));
	struct browser b = {.city = c};
	char fields[100];
	char id[ID_CHARS + 1];
	sign_in(&b, "lin@example.org", GOOD);
	visit(&b, "/apply/" SERVICE);
	assert_true(body_has(&b.a, "For whom do you apply?"));
	post(&b, "/apply/" SERVICE, "");
	assert_int_equal(b.a.status, 422);
	assert_true(body_has(&b.a, "Choose for whom you apply."));
	id_format(second, id);
	snprintf(fields, sizeof fields, "party=%s", id);
	post(&b, "/apply/" SERVICE, fields);
	assert_int_equal(b.a.status, 303);
	char draft[64];
	snprintf(draft, sizeof draft, "%.*s", 7 + ID_CHARS, location(&b).p);
	visit(&b, draft);
	assert_true(body_has(&b.a, "Quay Crew Ltd"));
}

static void removing_a_file_complains_about_nothing(void **state)
{
	struct town *t = *state;
	char draft[64];
	char remove[64];
	struct browser b = begun(t, draft);
	add_file(t, draft, "capital-file");
	visit(&b, at(draft, "/page/capital"));
	assert_true(body_has(&b.a, "scan &lt;1&gt;.pdf"));
	assert_true(page_value(b.a.body, "remove", remove, sizeof remove));
	char fields[200];
	snprintf(fields, sizeof fields, "capital=nonsense&remove=%s", remove);
	/* From the page of another question it does nothing. */
	post(&b, at(draft, "/page/workplace"), fields);
	visit(&b, at(draft, "/page/capital"));
	assert_true(body_has(&b.a, "scan &lt;1&gt;.pdf"));
	post(&b, at(draft, "/page/capital"), fields);
	assert_int_equal(b.a.status, 200);
	assert_false(body_has(&b.a, "scan &lt;1&gt;.pdf"));
	assert_false(body_has(&b.a, "Error"));
	assert_true(body_has(&b.a, "value=\"nonsense\"")); /* typed text stays */
	post(&b, at(draft, "/page/capital"), fields);
	assert_int_equal(b.a.status, 200); /* gone already */
}

static void throwing_away_asks_first(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/discard"));
	assert_int_equal(b.a.status, 200);
	post(&b, at(draft, "/discard"), "");
	assert_int_equal(b.a.status, 303);
	visit(&b, draft);
	assert_int_equal(b.a.status, 404);
}

static bool job_submit(struct tx *tx, void *ctx, struct err *e)
{
	return draft_submit(tx, tx_route(tx), *(int64_t *)ctx, 1, e); /* nothing was saved since it was begun */
}

static void sent_application_leads_to_its_case(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	visit(&b, at(draft, "/page/plans"));
	int64_t id = 0;
	assert_true(id_parse(str_sub(str_of(draft), 7, ID_CHARS), &id));
	struct store_op op = {.route = t->firm};
	city_ok(&t->c, store_write(t->c.app.store, &op, job_submit, &id, &t->c.e));
	post(&b, at(draft, "/page/plans"), "workers=41&has-branch=no"); /* the other tab */
	assert_int_equal(b.a.status, 303);
	assert_true(str_starts(location(&b), STR("/cases/")));
	visit(&b, draft);
	assert_true(str_starts(location(&b), STR("/cases/")));
}

static void pages_speak_chinese(void **state)
{
	struct town *t = *state;
	char draft[64];
	struct browser b = begun(t, draft);
	snprintf(b.cookies[b.cookie_n].name, sizeof b.cookies[0].name, "lang");
	snprintf(b.cookies[b.cookie_n].value, sizeof b.cookies[0].value, "zh-Hans");
	b.cookie_n++;
	visit(&b, at(draft, "/page/workplace"));
	assert_true(body_has(&b.a, "lang=\"zh-Hans\""));
	assert_true(body_has(&b.a, "面积有多大"));
	post(&b, at(draft, "/page/workplace"), "floor-area=x");
	assert_true(body_has(&b.a, "请用数字填写面积，例如85。"));
}

static void country_is_that_of_the_offices_own_number(void **state)
{
	(void)state;
	assert_str(calling_code_of(STR("+999205550142")), "999");
	assert_str(calling_code_of(STR("+8659187654321")), "86");
	assert_str(calling_code_of(STR("+14155550100")), "1");
	assert_str(calling_code_of(STR("+79991234567")), "7");
	assert_str(calling_code_of(STR("+442079460018")), "44");
	assert_str(calling_code_of(STR("+85223456789")), "852");
	assert_str(calling_code_of(STR("")), "");
	assert_str(calling_code_of(STR("0591 1234567")), "");
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(firm_walks_from_start_to_review),
		test(review_lists_what_is_missing_and_has_no_button),
		test(declaration_is_asked_for_again),
		test(wrong_answers_stay_as_typed_with_what_would_be_right),
		test(condition_opens_and_hides_a_page),
		test(change_link_leads_back_to_the_review),
		test(saving_for_later_keeps_what_is_there),
		test(going_back_and_sending_another_answer_is_no_conflict),
		test(button_pressed_twice_begins_one_application),
		test(others_see_no_draft),
		test(account_without_a_firm_is_told_what_to_do),
		test(one_of_several_firms_is_chosen),
		test(removing_a_file_complains_about_nothing),
		test(throwing_away_asks_first),
		test(sent_application_leads_to_its_case),
		test(pages_speak_chinese),
		cmocka_unit_test(country_is_that_of_the_offices_own_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
