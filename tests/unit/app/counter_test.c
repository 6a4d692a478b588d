/* The counter over a real server, where time stands: the day of receipt at its very border, what is kept of a day that
 * was refused, two officials who enter one number at once. */
#define answer form_answer /* the HTTP tests have a struct of this name too */
#include "app/forms/draft_jobs.h"
#undef answer

#include "city.h"

#include <pthread.h>

#include "app/access/access.sql.h"
#include "app/cases/cases.h"
#include "app/cases/cases.sql.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/counter/counter.h"
#include "app/counter/counter.sql.h"
#include "app/credentials/credentials.sql.h"
#include "app/desk/desk.sql.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "app/people/records.h"

static const struct store_schema *const schemas[] = {
	&event_schema,       &people_schema, &catalogue_schema, &access_schema,  &mail_schema, &forms_schema,
	&credentials_schema, &cases_schema,  &desk_schema,      &counter_schema, NULL};

#define PASSWORD "kettle window moss 7"
#define PASSWORD_SENT "kettle+window+moss+7"
#define SERVICE "dog-registration"

struct hall {
	struct city city;
	struct browser rosa, jonas;
	int64_t rosa_id, jonas_id, ada;
	const struct service *service;
	const struct institution *office;
};

static int64_t official(struct city *c, const struct institution *at, const char *name, const char *email)
{
	int64_t account = city_person(c, name, email, PASSWORD);
	city_ok(c, people_set_role(c->app.store, account, ROLE_OFFICIAL, at->id, true, 0, &c->e));
	return account;
}

static int set_up(void **state)
{
	struct hall *h = calloc(1, sizeof *h);
	struct city *c = &h->city;
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	pack_report_release(&report);
	city_ok(c, case_serials_new(&c->app.serials, &c->e));
	h->service = catalogue_service(&c->app, STR(SERVICE));
	assert_non_null(h->service);
	h->office = catalogue_institution_named(&c->app, h->service->institution);
	h->rosa_id = official(c, h->office, "Rosa Marchetti", "rosa@example.org");
	h->jonas_id = official(c, h->office, "Jonas Adeyemi", "jonas@example.org");
	struct record_making m = {.record = {.party = id_random(),
	                                     .name = STR("Ada Quill"),
	                                     .birth = STR("1990-05-03"),
	                                     .scheme = STR_EMPTY,
	                                     .identifier = STR_EMPTY,
	                                     .phone = STR_EMPTY,
	                                     .email = STR_EMPTY},
	                          .by = h->rosa_id,
	                          .institution = h->office->id};
	struct store_op op = {.route = m.record.party};
	city_ok(c, people_make_record(c->app.store, &op, &c->keys, &m, &c->e));
	h->ada = m.record.party;
	c->app.draft_keep_us = 30 * US_PER_DAY;
	c->tables[0] = people_routes;
	c->tables[1] = forms_routes;
	c->tables[2] = cases_routes;
	c->tables[3] = counter_routes;
	city_open(c);
	h->rosa.city = h->jonas.city = c;
	sign_in(&h->rosa, "rosa@example.org", PASSWORD_SENT);
	sign_in(&h->jonas, "jonas@example.org", PASSWORD_SENT);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct hall *h = *state;
	server_down(&h->city.server);
	h->city.server.http = NULL;
	case_serials_free(h->city.app.serials);
	catalogue_close(&h->city.app);
	city_close(&h->city);
	free(h);
	return 0;
}

/* --- Days -------------------------------------------------------------------------------------------------------- */

static day_number today(struct hall *h)
{
	return zone_local(calendar_zone(h->office->calendar), time_legal_us(&h->city.app.time)).day;
}

/* "How did it come?" with that day, sent. */
static void begin_with(struct hall *h, struct browser *b, const char *channel, day_number day)
{
	char path[200], fields[300];
	struct date d = date_of_day(day);
	snprintf(path, sizeof path, "/counter/begin/%s?service=" SERVICE, id_text(h->ada).c);
	visit(b, path);
	assert_int_equal(b->a.status, 200);
	snprintf(path, sizeof path, "/counter/begin/%s", id_text(h->ada).c);
	snprintf(fields, sizeof fields,
	         "service=" SERVICE "&channel=%s&received-day=%d&received-month=%d&received-year=%d&proof=stamp", channel,
	         (int)d.day, (int)d.month, (int)d.year);
	post(b, path, fields);
}

struct refusals {
	size_t n;
	char last[300];
	int64_t effective, recorded;
};

static bool job_refusals(struct tx *tx, void *ctx, struct err *e)
{
	struct refusals *out = ctx;
	struct event_list list;
	*out = (struct refusals){0};
	if (!event_list_of_case(tx, tx_route(tx), 0, &list, e)) {
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		if (str_is(list.items[i].room, "counter") && str_is(list.items[i].kind, "backdating-refused")) {
			out->n++;
			snprintf(out->last, sizeof out->last, "%.*s", STR_ARG(list.items[i].public_payload));
		}
	}
	return true;
}

static struct refusals refused(struct hall *h, int64_t account)
{
	struct refusals r;
	city_ok(&h->city, store_read(h->city.app.store, account, &h->city.arena, job_refusals, &r, &h->city.e));
	return r;
}

static void a_day_of_receipt_is_let_through_up_to_its_border_and_beyond_it_refused_and_kept(void **state)
{
	struct hall *h = *state;
	day_number now = today(h);
	day_number border = calendar_add(h->office->calendar, now, -h->service->receipt_back_days);
	assert_true(h->service->receipt_back_days > 0 && border < now);
	static const char *const channels[] = {"paper", "post", "phone"};
	for (size_t i = 0; i < 3; i++) {
		begin_with(h, &h->rosa, channels[i], border);
		assert_int_equal(h->rosa.a.status, 303);
		assert_true(str_starts(location(&h->rosa), STR("/counter/intake/")));
	}
	assert_int_equal(refused(h, h->rosa_id).n, 0);
	/* The last working day before it; tomorrow; another day than today for what is said in person. */
	begin_with(h, &h->rosa, "paper", calendar_add(h->office->calendar, border, -1));
	assert_int_equal(h->rosa.a.status, 422);
	struct refusals r = refused(h, h->rosa_id);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.last, "\"channel\":3"));
	begin_with(h, &h->rosa, "post", now + 1);
	assert_int_equal(h->rosa.a.status, 422);
	assert_int_equal(refused(h, h->rosa_id).n, 2);
	begin_with(h, &h->rosa, "counter", now - 1);
	assert_int_equal(h->rosa.a.status, 422);
	assert_int_equal(refused(h, h->rosa_id).n, 3);
	assert_int_equal(refused(h, h->jonas_id).n, 0);
	/* What no rule asks about is no refusal. */
	begin_with(h, &h->rosa, "counter", now);
	assert_int_equal(h->rosa.a.status, 303);
	assert_int_equal(refused(h, h->rosa_id).n, 3);
}

static void a_role_that_is_taken_away_closes_what_was_begun(void **state)
{
	struct hall *h = *state;
	struct city *c = &h->city;
	begin_with(h, &h->rosa, "counter", today(h));
	struct str to = location(&h->rosa);
	char intake[100], draft[100];
	snprintf(intake, sizeof intake, "%.*s", STR_ARG(to));
	snprintf(draft, sizeof draft, "/draft/%s", intake + strlen("/counter/intake/"));
	visit(&h->rosa, draft);
	assert_int_equal(h->rosa.a.status, 200);
	visit(&h->jonas, draft);
	assert_int_equal(h->jonas.a.status, 404);
	visit(&h->jonas, intake);
	assert_int_equal(h->jonas.a.status, 404);
	city_ok(c, people_set_role(c->app.store, h->rosa_id, ROLE_OFFICIAL, h->office->id, false, 0, &c->e));
	visit(&h->rosa, draft);
	assert_int_equal(h->rosa.a.status, 404);
	visit(&h->rosa, intake);
	assert_int_equal(h->rosa.a.status, 403);
}

/* --- Numbers ----------------------------------------------------------------------------------------------------- */

static void print_forms(struct hall *h, char number[20])
{
	visit(&h->rosa, "/counter/forms");
	post(&h->rosa, "/counter/forms", "service=" SERVICE "&count=1");
	assert_int_equal(h->rosa.a.status, 303);
	visit(&h->rosa, "/counter/forms");
	/* The newest stands last. */
	struct str rest = h->rosa.a.body;
	number[0] = '\0';
	for (size_t at; (at = str_find(rest, STR("/counter/person?form=F-"))) != SIZE_MAX;) {
		rest = str_sub(rest, at + strlen("/counter/person?form="), SIZE_MAX);
		snprintf(number, 20, "%.15s", rest.p);
	}
	assert_true(number[0] == 'F');
}

struct presser {
	struct browser *b;
	const char *path, *fields;
};

static void *press_it(void *ctx)
{
	struct presser *p = ctx;
	post(p->b, p->path, p->fields);
	return NULL;
}

static void of_two_officials_who_enter_one_number_at_once_exactly_one_does(void **state)
{
	struct hall *h = *state;
	enum { ROUNDS = 8 };
	for (int round = 0; round < ROUNDS; round++) {
		char number[20], path[200], fields[200];
		print_forms(h, number);
		snprintf(path, sizeof path, "/counter/begin/%s?form=%s", id_text(h->ada).c, number);
		visit(&h->rosa, path);
		assert_int_equal(h->rosa.a.status, 200);
		visit(&h->jonas, path);
		assert_int_equal(h->jonas.a.status, 200);
		snprintf(path, sizeof path, "/counter/begin/%s", id_text(h->ada).c);
		snprintf(fields, sizeof fields, "form=%s&channel=paper", number);
		struct presser p[2] = {{&h->rosa, path, fields}, {&h->jonas, path, fields}};
		pthread_t t[2];
		for (int i = 0; i < 2; i++) {
			assert_int_equal(pthread_create(&t[i], NULL, press_it, &p[i]), 0);
		}
		for (int i = 0; i < 2; i++) {
			pthread_join(t[i], NULL);
		}
		int one = h->rosa.a.status, two = h->jonas.a.status;
		if ((one != 303) == (two != 303) || (one != 409 && two != 409)) {
			fail_msg("form %s: %d and %d", number, one, two);
		}
		/* Who has it may press again; the other is told who. */
		struct browser *winner = one == 303 ? &h->rosa : &h->jonas;
		struct browser *loser = one == 303 ? &h->jonas : &h->rosa;
		assert_true(body_has(&loser->a, winner == &h->rosa ? "Rosa Marchetti" : "Jonas Adeyemi"));
		post(winner, path, fields);
		assert_int_equal(winner->a.status, 303);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_day_of_receipt_is_let_through_up_to_its_border_and_beyond_it_refused_and_kept),
		T(a_role_that_is_taken_away_closes_what_was_begun),
		T(of_two_officials_who_enter_one_number_at_once_exactly_one_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
