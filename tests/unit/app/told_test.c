/* Who is written to about an alert: fed by events, with the timers and errands of the room at work. */
#include "app/desk/desk.sql.h"
#include "app/people/viewer.h"
#include "app/supervision/alerts.h"
#include "app/supervision/counts.h"
#include "app/supervision/supervision.sql.h"
#include "app/supervision/told.h"
#include "case_world.h"
#include "store/errand.h"

enum { CITY = 8001, PROVINCE, NATION, TODAY = 20717 };

struct house {
	struct world w;
	struct timers *timers[2];
	struct errands *errands[2];
	int64_t last; /* event */
};

static void give_role(struct house *h, const char *institution, int64_t account, enum role_kind kind)
{
	char sql[200];
	const struct institution *in = catalogue_institution_named(&h->w.app, str_of(institution));
	assert_non_null(in);
	snprintf(sql, sizeof sql, "insert into staff (institution, account, kind, made_at) values (%lld, %lld, %d, 1)",
	         (long long)in->id, (long long)account, (int)kind);
	sql_run(&h->w, sql);
}

/* So many servers at work on one store. */
static void begin(struct house *h, size_t servers)
{
	struct timer_kind timers[4];
	struct errand_kind errands[4];
	size_t timer_n = 0, errand_n = 0;
	for (const struct timer_kind *k = supervision_timers; k->name; k++) {
		timers[timer_n] = *k;
		timers[timer_n++].ctx = &h->w.app;
	}
	for (const struct errand_kind *k = supervision_errands; k->name; k++) {
		errands[errand_n] = *k;
		errands[errand_n++].ctx = &h->w.app;
	}
	for (size_t i = 0; i < servers; i++) {
		world_ok(&h->w, timers_start(h->w.app.store, NULL, &h->w.app.time, timers, timer_n, &h->timers[i], &h->w.e));
		world_ok(&h->w,
		         errands_start(h->w.app.store, NULL, &h->w.app.time, errands, errand_n, &h->errands[i], &h->w.e));
	}
}

static void stop(struct house *h)
{
	for (size_t i = 0; i < 2; i++) {
		timers_stop(h->timers[i]);
		errands_stop(h->errands[i]);
		h->timers[i] = NULL;
		h->errands[i] = NULL;
	}
}

static int set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	world_open(&h->w);
	give_role(h, "work-and-social-security", OFFICIAL, ROLE_OFFICIAL);
	give_role(h, "work-and-social-security", COLLEAGUE, ROLE_OFFICIAL);
	give_role(h, "work-and-social-security", HEAD, ROLE_HEAD);
	give_role(h, "supervision-port-linden", CITY, ROLE_SUPERVISOR);
	give_role(h, "supervision-estuary", PROVINCE, ROLE_SUPERVISOR);
	give_role(h, "supervision-aldermark", NATION, ROLE_SUPERVISOR);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct house *h = *state;
	stop(h);
	world_close(&h->w);
	free(h);
	return 0;
}

/* Until nothing is due any more: a timer may add an errand, and an errand a timer. */
static void settle(struct house *h)
{
	for (int i = 0; i < 3; i++) {
		assert_true(timers_drain(h->timers[0], WAIT_US));
		assert_true(errands_drain(h->errands[0], WAIT_US));
	}
}

static void pass(struct house *h, int64_t us)
{
	time_source_advance(&h->w.app.time, us);
	settle(h);
}

static bool job_feed(struct tx *tx, void *ctx, struct err *e)
{
	const struct event *ev = ctx;
	struct seen_put_in root = {.institution = tx_route(tx), .casefile = ev->casefile, .account = 1};
	return seen_put(tx, &root, e) && board_apply(tx, ev, NULL, e);
}

static void feed(struct house *h, const struct event *ev)
{
	struct store_op op = {.route = ev->institution, .is_background = true};
	struct event copy = *ev;
	world_ok(&h->w, store_write(h->w.app.store, &op, job_feed, &copy, &h->w.e));
}

static struct event say(struct house *h, const char *kind, int64_t casefile, int level, int64_t actor)
{
	static char open[400];
	snprintf(open, sizeof open,
	         "{\"state\":%d,\"waits\":2,\"handler\":%d,\"due\":%d,\"legal\":%d,\"start\":20700,\"level\":%d,"
	         "\"limit\":\"committed\",\"left\":2,\"stands\":0}",
	         CASE_IN_WORK, OFFICIAL, TODAY + 2, TODAY + 20, level);
	h->last = id_in_time(time_legal_us(&h->w.app.time));
	struct event ev = {.route = 501,
	                   .id = h->last,
	                   .room = STR("cases"),
	                   .kind = str_of(kind),
	                   .casefile = casefile,
	                   .institution = h->w.institution->id,
	                   .service = STR("labour-dispatch-permit"),
	                   .actor = actor,
	                   .effective_us = time_legal_us(&h->w.app.time),
	                   .recorded_us = time_legal_us(&h->w.app.time),
	                   .public_payload = str_of(open)};
	feed(h, &ev);
	return ev;
}

static int64_t told(struct house *h, int64_t account)
{
	char sql[100];
	snprintf(sql, sizeof sql, "select count(*) from told_alert where account = %lld", (long long)account);
	return sql_number(&h->w, sql);
}

static int64_t mails(struct house *h, int64_t account)
{
	char sql[120];
	snprintf(sql, sizeof sql, "select count(distinct mail) from told_alert where account = %lld and mail <> 0",
	         (long long)account);
	return sql_number(&h->w, sql);
}

static void orange_goes_to_handler_and_head_in_one_digest_an_hour(void **state)
{
	struct house *h = *state;
	begin(h, 1);
	for (int i = 0; i < 2; i++) {
		say(h, "submitted", 11 + i, 0, 0);
		say(h, "clock-orange", 11 + i, CLOCK_ORANGE, 0);
	}
	settle(h);
	assert_int_equal(told(h, OFFICIAL), 2);
	assert_int_equal(told(h, HEAD), 2);
	assert_int_equal(told(h, COLLEAGUE) + told(h, CITY), 0);
	assert_int_equal(mails(h, OFFICIAL), 0);
	pass(h, US_PER_MIN);
	assert_int_equal(mails(h, OFFICIAL), 1);
	assert_int_equal(mails(h, HEAD), 1);
	/* What turns ten minutes later waits until the hour is over. */
	pass(h, 10 * US_PER_MIN);
	say(h, "submitted", 13, 0, 0);
	say(h, "clock-orange", 13, CLOCK_ORANGE, 0);
	settle(h);
	pass(h, 49 * US_PER_MIN);
	assert_int_equal(told(h, OFFICIAL), 3);
	assert_int_equal(mails(h, OFFICIAL), 1);
	pass(h, 2 * US_PER_MIN);
	assert_int_equal(mails(h, OFFICIAL), 2);
	assert_int_equal(sql_number(&h->w, "select count(*) from told_alert where mail = 0"), 0);
	/* Red does not wait for the digest. */
	say(h, "clock-red", 13, CLOCK_RED, 0);
	settle(h);
	assert_int_equal(mails(h, OFFICIAL), 3);
}

static void the_supervision_office_hears_of_what_nobody_answers_for_half_of_the_time(void **state)
{
	struct house *h = *state;
	const struct calendar *c = h->w.institution->calendar;
	begin(h, 1);
	for (int i = 0; i < 3; i++) {
		say(h, "submitted", 21 + i, 0, 0);
		say(h, "clock-orange", 21 + i, CLOCK_ORANGE, 0);
	}
	settle(h);
	/* Of one somebody said a word, one was acted on. */
	char sql[300];
	snprintf(sql, sizeof sql,
	         "insert into alert_word (institution, casefile, id, account, name, word, said_at) select institution, "
	         "casefile, id, %d, 'Jonas', 'I call.', %lld from alert where casefile = 21",
	         OFFICIAL, (long long)time_legal_us(&h->w.app.time));
	sql_run(&h->w, sql);
	say(h, "extended", 22, CLOCK_ORANGE, OFFICIAL);
	assert_int_equal(sql_number(&h->w, "select count(*) from alert where acted_at is not null"), 1);
	struct alert_hearing a = {.level = CLOCK_ORANGE,
	                          .raised_us = sql_number(&h->w, "select raised_at from alert where casefile = 23"),
	                          .due_us = sql_number(&h->w, "select due_at from alert where casefile = 23")};
	int64_t half_us = alert_reaches_us(c, &a);
	assert_true(half_us > a.raised_us + 60 * US_PER_MIN && half_us < a.due_us);
	pass(h, half_us - time_legal_us(&h->w.app.time) - US_PER_MIN);
	assert_int_equal(told(h, CITY), 0);
	pass(h, US_PER_MIN);
	assert_int_equal(told(h, CITY), 1);
	assert_int_equal(sql_number(&h->w, "select casefile from told_alert where is_above = 1"), 23);
	pass(h, US_PER_MIN);
	assert_int_equal(mails(h, CITY), 1);
	/* The offices further above hear of no orange, as the pack says. */
	pass(h, 30 * US_PER_DAY);
	assert_int_equal(told(h, CITY), 1);
	assert_int_equal(told(h, PROVINCE) + told(h, NATION), 0);
}

static void red_goes_up_at_once_and_further_by_each_offices_rule(void **state)
{
	struct house *h = *state;
	begin(h, 1);
	say(h, "submitted", 31, 0, 0);
	say(h, "clock-red", 31, CLOCK_RED, 0);
	settle(h);
	assert_int_equal(mails(h, OFFICIAL) + mails(h, HEAD) + mails(h, CITY), 3);
	assert_int_equal(told(h, PROVINCE), 0);
	pass(h, US_PER_DAY - US_PER_MIN);
	assert_int_equal(told(h, PROVINCE), 0);
	pass(h, US_PER_MIN);
	assert_int_equal(mails(h, PROVINCE), 1);
	pass(h, 30 * US_PER_DAY);
	assert_int_equal(told(h, NATION), 0);
	/* Past its limit it is an alert of its own, and five working days after the province the nation hears of it. */
	say(h, "clock-past", 31, CLOCK_PAST, 0);
	pass(h, 14 * US_PER_DAY);
	assert_int_equal(told(h, CITY), 2);
	assert_int_equal(told(h, PROVINCE), 2);
	assert_int_equal(mails(h, NATION), 1);
	/* What is acted on climbs no further. */
	say(h, "submitted", 32, 0, 0);
	say(h, "clock-red", 32, CLOCK_RED, 0);
	settle(h);
	say(h, "extended", 32, CLOCK_RED, OFFICIAL);
	pass(h, 14 * US_PER_DAY);
	assert_int_equal(told(h, CITY), 3);
	assert_int_equal(told(h, PROVINCE), 2);
}

static bool job_again(struct tx *tx, void *ctx, struct err *e)
{
	const struct event *ev = ctx;
	struct seen_put_in root = {.institution = tx_route(tx), .casefile = ev->casefile, .account = 1};
	return seen_put(tx, &root, e) && timer_set(tx, tx_route(tx), STR(ALERT_TIMER), ev->id, ev->effective_us, e) &&
	       errand_add(tx, tx_route(tx), STR(ALERT_ERRAND), ev->id, ev->effective_us, e);
}

static void nothing_is_told_twice_by_whoever_does_it_again(void **state)
{
	struct house *h = *state;
	begin(h, 2);
	say(h, "submitted", 41, 0, 0);
	struct event red = say(h, "clock-red", 41, CLOCK_RED, 0);
	feed(h, &red);
	settle(h);
	assert_int_equal(mails(h, CITY), 1);
	for (int i = 0; i < 3; i++) {
		/* As after a death before the timer or the errand was taken away. */
		struct store_op op = {.route = h->w.institution->id, .is_background = true};
		world_ok(&h->w, store_write(h->w.app.store, &op, job_again, &red, &h->w.e));
		feed(h, &red);
		stop(h);
		begin(h, 2);
		pass(h, 5 * US_PER_MIN);
	}
	/* Dropped and rebuilt, the alert is the same. */
	sql_run(&h->w, "delete from alert");
	sql_run(&h->w, "delete from board_case");
	feed(h, &(struct event){.route = 501,
	                        .id = red.id - 1,
	                        .room = red.room,
	                        .kind = STR("submitted"),
	                        .casefile = 41,
	                        .institution = red.institution,
	                        .service = red.service,
	                        .effective_us = red.effective_us,
	                        .recorded_us = red.recorded_us,
	                        .public_payload = red.public_payload});
	feed(h, &red);
	pass(h, 5 * US_PER_MIN);
	assert_int_equal(sql_number(&h->w, "select count(*) from alert"), 1);
	assert_int_equal(told(h, OFFICIAL) + told(h, HEAD) + told(h, CITY), 3);
	assert_int_equal(mails(h, OFFICIAL) + mails(h, HEAD) + mails(h, CITY), 3);
	assert_int_equal(sql_number(&h->w, "select count(*) from errand"), 0);
}

static void what_is_done_or_overtaken_meanwhile_is_not_told(void **state)
{
	struct house *h = *state;
	say(h, "submitted", 51, 0, 0);
	say(h, "clock-orange", 51, CLOCK_ORANGE, 0);
	time_source_advance(&h->w.app.time, US_PER_S);
	/* The program was off: both came before anybody looked. */
	say(h, "clock-red", 51, CLOCK_RED, 0);
	say(h, "submitted", 52, 0, 0);
	say(h, "clock-red", 52, CLOCK_RED, 0);
	say(h, "extended", 52, CLOCK_RED, OFFICIAL);
	begin(h, 1);
	settle(h);
	assert_int_equal(told(h, CITY), 1);
	assert_int_equal(sql_number(&h->w, "select count(*) from told_alert where level <> 2 or casefile <> 51"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(orange_goes_to_handler_and_head_in_one_digest_an_hour),
		T(the_supervision_office_hears_of_what_nobody_answers_for_half_of_the_time),
		T(red_goes_up_at_once_and_further_by_each_offices_rule),
		T(nothing_is_told_twice_by_whoever_does_it_again),
		T(what_is_done_or_overtaken_meanwhile_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
