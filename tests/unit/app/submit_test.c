/* The last button, over a real server: what it makes, when it is pressed again, by whom it is refused, and what date
 * and number a case gets around New Year. */
#define answer form_answer /* the HTTP tests have a struct of this name too */
#include "app/forms/draft_jobs.h"
#undef answer

#include "city.h"

#include <pthread.h>
#include <sqlite3.h>

#include "app/access/access.sql.h"
#include "app/cases/cases.h"
#include "app/cases/cases.sql.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/credentials/credentials.sql.h"
#include "app/forms/forms.sql.h"
#include "app/installation/installation.sql.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "base/caseno.h"
#include "base/date.h"

static const struct store_schema *const schemas[] = {
	&event_schema, &installation_schema, &people_schema,      &catalogue_schema, &access_schema,
	&mail_schema,  &forms_schema,        &credentials_schema, &cases_schema,     NULL};

static const char complete[] =
	"{\"legal-form\":\"limited\",\"founded\":\"2019-03-04\",\"representative-name\":\"Lin "
	"Xiaohe\",\"representative-number\":"
	"\"11010519491231002X\",\"capital\":\"250000000\",\"capital-shown-by\":\"audit\",\"workplace-address\":\"Quay 1\","
	"\"floor-area\":\"85\",\"workplace-right\":\"owned\",\"landlord\":\"Nobody, the page is hidden\",\"facilities\":["
	"\"office\"],\"rules-cover\":[\"contracts\",\"pay\"],\"workers\":\"40\",\"has-branch\":\"no\",\"contact-name\":"
	"\"Lin\","
	"\"contact-phone\":\"+999205550123\"}";

struct town {
	struct city city;
	struct browser browser;
	int64_t lin;
	const struct service *service;
};

#define PASSWORD "kettle window moss 7"
#define PASSWORD_SENT "kettle+window+moss+7"

static int set_up(void **state)
{
	struct town *t = calloc(1, sizeof *t);
	struct city *c = &t->city;
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	pack_report_release(&report);
	city_ok(c, case_serials_new(&c->app.serials, &c->e));
	t->service = catalogue_service(&c->app, STR("labour-dispatch-permit"));
	t->lin = city_person(c, "Lin Xiaohe", "lin@example.org", PASSWORD);
	c->tables[0] = people_routes;
	c->tables[1] = cases_routes;
	city_open(c);
	t->browser.city = c;
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct town *t = *state;
	server_down(&t->city.server);
	t->city.server.http = NULL;
	case_serials_free(t->city.app.serials);
	catalogue_close(&t->city.app);
	city_close(&t->city);
	free(t);
	return 0;
}

/* --- Drafts --------------------------------------------------------------------------------------------------------
 */

struct draft_of {
	const struct town *t;
	int64_t party, id;
	const char *answers;
};

static bool add_file(struct tx *tx, const struct draft_of *d, const char *question, struct err *e)
{
	static const uint8_t digest[SHA256_BYTES] = {7};
	return file_insert(tx,
	                   &(struct file_insert_in){.party = d->party,
	                                            .id = id_in_time(tx_now_us(tx)),
	                                            .casefile = d->id,
	                                            .question = str_of(question),
	                                            .filename = STR("paper.pdf"),
	                                            .digest = str_from(digest, sizeof digest),
	                                            .pages_digest = str_from(digest, sizeof digest),
	                                            .layout = STR("[]"),
	                                            .added_at = tx_now_us(tx)},
	                   e);
}

static bool job_draft(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_of *d = ctx;
	return draft_insert(tx,
	                    &(struct draft_insert_in){.party = d->party,
	                                              .channel = CHANNEL_WEB,
	                                              .id = d->id,
	                                              .service = d->t->service->id,
	                                              .definition = str_from(d->t->service->digest, SHA256_BYTES),
	                                              .answers = str_of(d->answers),
	                                              .begun_by = d->party,
	                                              .begun_at = tx_now_us(tx)},
	                    e) &&
	       add_file(tx, d, "capital-file", e) && add_file(tx, d, "workplace-file", e) &&
	       add_file(tx, d, "rules-file", e) && add_file(tx, d, "agreement-file", e);
}

static int64_t new_draft(struct town *t, int64_t party, const char *answers)
{
	struct draft_of d = {t, party, id_in_time(time_legal_us(&t->city.app.time)), answers};
	struct store_op op = {.route = party};
	city_ok(&t->city, store_write(t->city.app.store, &op, job_draft, &d, &t->city.e));
	return d.id;
}

static void press(struct town *t, int64_t draft, const char *fields)
{
	char path[64];
	snprintf(path, sizeof path, "/draft/%s/submit", id_text(draft).c);
	post(&t->browser, path, fields);
}

/* A page with this session's token, and an operation as the page before the last button would carry. */
static void fresh_form(struct town *t)
{
	visit(&t->browser, "/account");
	assert_int_equal(t->browser.a.status, 200);
	assert_true(t->browser.csrf[0] != '\0');
	snprintf(t->browser.op, sizeof t->browser.op, "%016llx%016llx", (unsigned long long)rand_u64(),
	         (unsigned long long)rand_u64());
}

static void come_in(struct town *t)
{
	sign_in(&t->browser, "lin@example.org", PASSWORD_SENT);
	assert_int_equal(t->browser.a.status, 303);
	fresh_form(t);
}

static void assert_receipt(struct town *t, int64_t draft)
{
	char path[64];
	snprintf(path, sizeof path, "/cases/%s/receipt", id_text(draft).c);
	assert_int_equal(t->browser.a.status, 303);
	assert_str(location(&t->browser), path);
}

static int64_t cases(struct town *t)
{
	char path[128];
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", t->city.dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "select count(*) from casefile", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

struct case_look {
	int64_t party, id;
	struct casefile_get_out out;
};

static bool job_see(struct tx *tx, void *ctx, struct err *e)
{
	struct case_look *l = ctx;
	return casefile_get(tx, &(struct casefile_get_in){.party = l->party, .id = l->id}, &l->out, e);
}

static struct casefile_get_out see(struct town *t, int64_t party, int64_t id)
{
	struct case_look l = {.party = party, .id = id};
	city_ok(&t->city, store_read(t->city.app.store, party, &t->city.arena, job_see, &l, &t->city.e));
	assert_true(l.out.found);
	return l.out;
}

/* --- What it makes -------------------------------------------------------------------------------------------------
 */

static void a_complete_application_becomes_one_case(void **state)
{
	struct town *t = *state;
	come_in(t);
	int64_t draft = new_draft(t, t->lin, complete);
	press(t, draft, "declaration=yes");
	assert_receipt(t, draft);
	struct casefile_get_out c = see(t, t->lin, draft);
	struct caseno number;
	assert_true(caseno_parse(c.number, &number));
	assert_string_equal(number.jurisdiction, "PL");
	assert_int_equal(number.year, 2026);
	assert_int_equal(c.submitted_by, t->lin);
	assert_int_equal(c.receipt_code.n, 16);
	/* What was hidden when it was sent is no part of it. */
	assert_true(str_find(c.answers, STR("landlord")) == SIZE_MAX);
	assert_true(str_find(c.answers, STR("Quay 1")) != SIZE_MAX);
}

static void pressed_again_in_any_way_it_leads_to_the_same_receipt(void **state)
{
	struct town *t = *state;
	come_in(t);
	int64_t draft = new_draft(t, t->lin, complete);
	for (int i = 0; i < 3; i++) {
		press(t, draft, "declaration=yes"); /* the same form */
		assert_receipt(t, draft);
	}
	fresh_form(t);
	press(t, draft, "declaration=yes"); /* from another tab */
	assert_receipt(t, draft);
	press(t, draft, "");
	assert_receipt(t, draft);
	assert_int_equal(cases(t), 1);
}

struct presser {
	struct town town; /* a browser of its own */
	int64_t draft;
	pthread_t thread;
};

static void *press_it(void *arg)
{
	struct presser *p = arg;
	press(&p->town, p->draft, "declaration=yes");
	return NULL;
}

static void pressed_by_many_at_once_it_counts_once(void **state)
{
	enum { PRESSERS = 6 };
	struct town *t = *state;
	struct presser *p = calloc(PRESSERS, sizeof *p);
	assert_non_null(p);
	come_in(t);
	for (int round = 0; round < 5; round++) {
		int64_t draft = new_draft(t, t->lin, complete);
		for (int i = 0; i < PRESSERS; i++) {
			p[i].town.browser = t->browser;
			p[i].draft = draft;
			if (i % 2) {
				/* Another tab: another operation. */
				p[i].town.browser.op[0] = (char)('0' + i);
				p[i].town.browser.op[1] = (char)('0' + round);
			}
			assert_int_equal(pthread_create(&p[i].thread, NULL, press_it, &p[i]), 0);
		}
		for (int i = 0; i < PRESSERS; i++) {
			assert_int_equal(pthread_join(p[i].thread, NULL), 0);
			assert_receipt(&p[i].town, draft);
		}
		assert_int_equal(cases(t), round + 1);
		fresh_form(t);
	}
	free(p);
}

/* --- Who and what is refused ---------------------------------------------------------------------------------------
 */

static void what_is_not_complete_or_declared_goes_back_to_the_check_page(void **state)
{
	struct town *t = *state;
	char path[80];
	come_in(t);
	int64_t draft = new_draft(t, t->lin, complete), empty = new_draft(t, t->lin, "{\"workers\":\"40\"}");
	press(t, draft, "");
	snprintf(path, sizeof path, "/draft/%s/check?look=again", id_text(draft).c);
	assert_int_equal(t->browser.a.status, 303);
	assert_str(location(&t->browser), path);
	press(t, empty, "declaration=yes");
	snprintf(path, sizeof path, "/draft/%s/check?look=again", id_text(empty).c);
	assert_str(location(&t->browser), path);
	assert_int_equal(cases(t), 0);
}

static void other_people_s_drafts_are_not_there(void **state)
{
	struct town *t = *state;
	come_in(t);
	int64_t other = new_draft(t, id_random(), complete);
	press(t, other, "declaration=yes");
	assert_int_equal(t->browser.a.status, 404);
	press(t, id_random(), "declaration=yes");
	assert_int_equal(t->browser.a.status, 404);
	assert_int_equal(cases(t), 0);
}

static void without_session_token_or_operation_nothing_is_submitted(void **state)
{
	struct town *t = *state;
	come_in(t);
	int64_t draft = new_draft(t, t->lin, complete);
	struct browser known = t->browser;
	t->browser.csrf[3] ^= 1;
	press(t, draft, "declaration=yes");
	assert_int_equal(t->browser.a.status, 403);
	t->browser = known;
	snprintf(t->browser.op, sizeof t->browser.op, "not an operation");
	press(t, draft, "declaration=yes");
	assert_int_equal(t->browser.a.status, 400);
	t->browser = known;
	t->browser.cookie_n = 0;
	press(t, draft, "declaration=yes");
	assert_true(t->browser.a.status == 401 || t->browser.a.status == 403);
	assert_int_equal(cases(t), 0);
}

/* --- New Year and clocks that jump ---------------------------------------------------------------------------------
 */

static day_number day(const char *iso)
{
	day_number d = 0;
	assert_true(date_parse(str_of(iso), &d));
	return d;
}

static void go_to(struct town *t, const char *iso, int seconds_of_day)
{
	int64_t by_us = (int64_t)day(iso) * US_PER_DAY + seconds_of_day * US_PER_S - time_legal_us(&t->city.app.time);
	assert_true(by_us >= 0);
	time_source_advance(&t->city.app.time, by_us);
}

static struct caseno submitted_now(struct town *t, struct casefile_get_out *c)
{
	struct caseno number;
	int64_t draft = new_draft(t, t->lin, complete);
	fresh_form(t);
	press(t, draft, "declaration=yes");
	assert_receipt(t, draft);
	*c = see(t, t->lin, draft);
	assert_true(caseno_parse(c->number, &number));
	return number;
}

/* Port Linden keeps Amsterdam's time: its New Year is at 23:00 UTC. */
static void the_year_in_the_number_is_the_city_s(void **state)
{
	struct town *t = *state;
	struct casefile_get_out c;
	go_to(t, "2026-12-31", 23 * 3600 - 2);
	come_in(t);
	struct caseno old = submitted_now(t, &c);
	assert_int_equal(old.year, 2026);
	assert_int_equal(c.start_day, day("2026-12-31"));
	time_source_advance(&t->city.app.time, 2 * US_PER_S);
	struct caseno new = submitted_now(t, &c);
	assert_int_equal(new.year, 2027);
	assert_int_equal(new.serial, 1);
	/* A day later by the city's calendar, though not by UTC; both count from Monday 4 January. */
	assert_int_equal(c.start_day, day("2027-01-01"));
	const struct calendar *calendar = catalogue_institution_named(&t->city.app, t->service->institution)->calendar;
	assert_int_equal(calendar_add(calendar, day("2026-12-31"), 1), day("2027-01-04"));
	assert_int_equal(calendar_add(calendar, c.start_day, 1), day("2027-01-04"));
}

static void a_clock_that_is_put_back_repeats_no_number(void **state)
{
	struct town *t = *state;
	struct casefile_get_out c;
	go_to(t, "2026-12-31", 23 * 3600 + 60);
	come_in(t);
	assert_int_equal(submitted_now(t, &c).year, 2027);
	/* The machine's clock was two minutes fast, and is put right. */
	atomic_fetch_sub(&t->city.app.time.fixed_legal_us, 2 * US_PER_MIN);
	struct caseno first = submitted_now(t, &c);
	assert_int_equal(first.year, 2026);
	atomic_fetch_add(&t->city.app.time.fixed_legal_us, 2 * US_PER_MIN);
	struct caseno next = submitted_now(t, &c);
	assert_int_equal(next.year, 2027);
	assert_int_equal(next.serial, 2);
	assert_int_equal(cases(t), 3);
}

static void the_leap_day_is_a_day_like_others(void **state)
{
	struct town *t = *state;
	struct casefile_get_out c;
	go_to(t, "2028-02-29", 10 * 3600);
	come_in(t);
	assert_int_equal(submitted_now(t, &c).year, 2028);
	assert_int_equal(c.start_day, day("2028-02-29"));
	assert_int_equal(
		calendar_add(catalogue_institution_named(&t->city.app, t->service->institution)->calendar, c.start_day, 1),
		day("2028-03-01"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_complete_application_becomes_one_case), T(pressed_again_in_any_way_it_leads_to_the_same_receipt),
		T(pressed_by_many_at_once_it_counts_once),  T(what_is_not_complete_or_declared_goes_back_to_the_check_page),
		T(other_people_s_drafts_are_not_there),     T(without_session_token_or_operation_nothing_is_submitted),
		T(the_year_in_the_number_is_the_city_s),    T(a_clock_that_is_put_back_repeats_no_number),
		T(the_leap_day_is_a_day_like_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
