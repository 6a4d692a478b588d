/* The traffic room: what is kept of minutes and what is made of them, who may order what, how pages are told that
 * something is new, and what a process shows that the brain does not tell. */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "app/traffic/history.h"
#include "app/traffic/minutes.h"
#include "app/traffic/traffic.h"
#include "brain/frame.h"
#include "store/tx.h"

enum { LINKS = 2, SIGNALS = 2, DAY = 24 * 60, QUARTER = 15, NET = 77 };
#define PASSWORD "green-wave-to-the-harbour"
#define NOW_MIN (CITY_NOW_US / US_PER_MIN)

extern const struct store_schema catalogue_schema;
static const struct store_schema *const schemas[] = {&event_schema, &people_schema,  &catalogue_schema,
                                                     &mail_schema,  &traffic_schema, NULL};

struct room {
	struct city city;
	struct browser engineer, official, resident;
	int64_t institution, net;
	struct buf message, reply;
	struct frame_signal signals[SIGNALS];
	struct frame_link links[LINKS];
	struct frame_detector detector;
};

static void enters(struct room *o, struct browser *b, const char *email, int role)
{
	struct city *c = &o->city;
	int64_t account = city_person(c, email, email, PASSWORD);
	if (role >= 0) {
		city_ok(c, people_set_role(c->app.store, account, (enum role_kind)role, o->institution, true, 0, &c->e));
	}
	b->city = c;
	sign_in(b, email, PASSWORD);
}

static int set_up(void **state)
{
	struct room *o = calloc(1, sizeof *o);
	struct city *c = &o->city;
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	pack_report_release(&report);
	city_ok(c, traffic_start(&c->app, &c->app.traffic, &c->e));
	o->institution = traffic_office(&c->app)->id;
	c->tables[0] = people_routes;
	c->tables[1] = traffic_routes;
	city_open(c);
	enters(o, &o->engineer, "sami@example.org", ROLE_TRAFFIC_ENGINEER);
	enters(o, &o->official, "rosa@example.org", ROLE_OFFICIAL);
	enters(o, &o->resident, "amara@example.org", -1);
	buf_init(&o->message, 1 << 20);
	buf_init(&o->reply, 1 << 20);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	struct room *o = *state;
	server_down(&o->city.server);
	o->city.server.http = NULL;
	traffic_stop(o->city.app.traffic);
	catalogue_close(&o->city.app);
	buf_release(&o->message);
	buf_release(&o->reply);
	city_close(&o->city);
	free(o);
	return 0;
}

/* --- What the brain tells --- */

static void tell(struct room *o)
{
	buf_reset(&o->reply);
	city_ok(&o->city, traffic_told(&o->city.app, buf_str(&o->message), &o->reply, &o->city.e));
}

static void tell_outline(struct room *o)
{
	static const struct frame_point east[] = {{0, 0}, {5000, 0}}, north[] = {{5000, -5000}, {5000, 0}};
	static const struct outline_group groups[] = {{0, 's'}, {1, 's'}};
	static const struct outline_stage stages[] = {{STR("Gr"), 30000}, {STR("rG"), 30000}};
	const struct outline_link links[LINKS] = {
		{STR("a"), STR("Harbour Street"), east, 2, 5000, 13890, 1, FRAME_NONE, 0},
		{STR("b"), STR("Mill Street"), north, 2, 5000, 13890, 1, FRAME_NONE, 1},
	};
	const struct outline_signal signals[SIGNALS] = {
		{STR("J"), {STR("Harbour Street"), STR("Ropewalk")}, {5000, 0}, groups, stages, 2, 2},
		{STR("K"), {STR("Mill Street"), STR_EMPTY}, {5000, 0}, groups, stages, 2, 2},
	};
	const struct outline out = {.links = links, .signals = signals, .link_n = LINKS, .signal_n = SIGNALS};
	buf_reset(&o->message);
	outline_put(&o->message, &out);
	tell(o);
	struct live_seen seen;
	live_take(&o->city.app, &seen);
	o->net = seen.net;
	live_release(&seen);
}

/* Its row is written by the room's own thread. */
static void is_known(struct room *o)
{
	struct str outline = STR_EMPTY;
	tell_outline(o);
	for (int tries = 0; outline.n == 0 && tries < 3000; tries++) {
		city_ok(&o->city, traffic_write(o->city.app.traffic, &o->city.e));
		city_ok(&o->city,
		        minutes_read_outline(o->city.app.store, o->institution, &o->city.arena, &outline, &o->city.e));
		usleep(outline.n == 0 ? 10000 : 0);
	}
	assert_true(outline.n > 0);
}

static void tell_frame(struct room *o, int64_t at_us, uint8_t mode)
{
	for (int i = 0; i < SIGNALS; i++) {
		o->signals[i] = (struct frame_signal){.mode = mode,
		                                      .lead = mode >= MODE_BOUNDS ? FRAME_BY_BRAIN : FRAME_BY_PLAN,
		                                      .letters = STR("Gr"),
		                                      .since_us = at_us};
	}
	o->links[0] = (struct frame_link){40, 10, 5000, 10, o->detector.since_us != 0, 150};
	o->links[1] = (struct frame_link){.speed_mmps = 13890};
	const struct street_frame f = {.at_us = at_us,
	                               .brain_leads = true,
	                               .links = o->links,
	                               .signals = o->signals,
	                               .link_n = LINKS,
	                               .signal_n = SIGNALS,
	                               .detectors = &o->detector,
	                               .detector_n = o->detector.since_us != 0};
	buf_reset(&o->message);
	frame_put(&o->message, &f);
	tell(o);
}

/* --- Rows --- */

struct rows {
	int64_t institution;
	struct link_minute_add_in link;
	struct signal_minute_add_in signal;
	struct city_sums sums;
};

static bool rows_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct rows *r = ctx;
	return street_wrote(tx, &(struct street_wrote_in){.institution = r->institution, .wrote = r->link.minute}, e) &&
	       link_minute_add(tx, &r->link, NULL, e) &&
	       (r->signal.span == 0 || signal_minute_add(tx, &r->signal, NULL, e)) &&
	       (r->sums.seconds == 0 || history_add(tx, r->institution, r->link.net, r->link.minute, &r->sums, e));
}

static void put(struct room *o, struct rows r)
{
	struct store_op op = {.route = o->institution};
	r.institution = r.link.institution = r.signal.institution = o->institution;
	city_ok(&o->city, store_write(o->city.app.store, &op, rows_job, &r, &o->city.e));
}

/* On link 0 in a minute: so many seconds on so many metres. */
static struct rows minute_of(int64_t net, int64_t minute, int64_t vehicle_s, int64_t metres)
{
	return (struct rows){.link = {.net = net,
	                              .minute = minute,
	                              .span = 1,
	                              .seconds = 60,
	                              .vehicle_s = vehicle_s,
	                              .delay_s = vehicle_s / 2,
	                              .metres = metres}};
}

struct sums {
	int64_t institution, since, until, rows, vehicle_s, metres, oldest;
};

static bool sums_job(struct tx *tx, void *ctx, struct err *e)
{
	struct sums *s = ctx;
	struct link_minutes_sum_rows rows;
	struct link_minutes_sum_out o;
	struct link_minute_oldest_out oldest;
	if (!link_minutes_sum_open(tx,
	                           &(struct link_minutes_sum_in){
								   .institution = s->institution, .net = NET, .since = s->since, .until = s->until},
	                           &rows, e)) {
		return false;
	}
	while (link_minutes_sum_next(&rows, &o)) {
		s->rows++;
		s->vehicle_s += o.vehicle_s;
		s->metres += o.metres;
	}
	if (!link_minutes_sum_close(&rows, e) ||
	    !link_minute_oldest(tx, &(struct link_minute_oldest_in){.institution = s->institution, .net = NET}, &oldest,
	                        e)) {
		return false;
	}
	s->oldest = oldest.found ? oldest.minute : -1;
	return true;
}

static struct sums sums_of(struct room *o, int64_t since, int64_t until)
{
	struct sums s = {.institution = o->institution, .since = since, .until = until};
	city_ok(&o->city, store_read(o->city.app.store, o->institution, &o->city.arena, sums_job, &s, &o->city.e));
	return s;
}

static void minutes_of_more_than_a_week_become_quarters(void **state)
{
	struct room *o = *state;
	struct err e;
	int64_t old = (NOW_MIN - 9 * DAY) / QUARTER * QUARTER;
	struct minutes_batch b = {
		.institution = o->institution, .net = NET, .minute = NOW_MIN, .all_links = LINKS, .signal_n = SIGNALS};
	is_known(o);
	for (int m = 0; m < QUARTER + 2; m++) {
		struct rows r = minute_of(NET, old + m, 100 + m, 1000);
		r.signal = (struct signal_minute_add_in){
			.net = NET, .minute = old + m, .signal = 1, .span = 1, .seconds = 60, .walk_most_s = m};
		put(o, r);
	}
	put(o, minute_of(NET, NOW_MIN - DAY, 60, 600));
	city_ok(&o->city, minutes_thin(o->city.app.store, &b, &e));
	/* One row now stands for the first quarter, with the same sums; minutes of the next one are the oldest. */
	struct sums first = sums_of(o, old, old + 1), all = sums_of(o, old, old + QUARTER);
	assert_int_equal(first.vehicle_s, 15 * 100 + 105);
	assert_int_equal(first.metres, 15000);
	assert_int_equal(all.vehicle_s, first.vehicle_s);
	assert_int_equal(first.oldest, old + QUARTER);
	city_ok(&o->city, minutes_thin(o->city.app.store, &b, &e));
	struct sums second = sums_of(o, old + QUARTER, old + 2 * QUARTER);
	assert_int_equal(second.vehicle_s, 115 + 116);
	assert_int_equal(second.oldest, NOW_MIN - DAY);
	/* What is of this week stays as it is, however often. */
	city_ok(&o->city, minutes_thin(o->city.app.store, &b, &e));
	assert_int_equal(sums_of(o, old, NOW_MIN).oldest, NOW_MIN - DAY);
}

static void usual_is_this_time_of_the_last_days_and_of_this_weekday(void **state)
{
	struct room *o = *state;
	struct minutes_batch b = {
		.institution = o->institution, .net = NET, .minute = NOW_MIN, .all_links = LINKS, .wants_usual = true};
	float *usual = NULL;
	is_known(o);
	put(o, minute_of(NET, NOW_MIN - 1 * DAY + 10, 100, 1000));  /* yesterday */
	put(o, minute_of(NET, NOW_MIN - 14 * DAY - 10, 300, 1000)); /* this weekday, two weeks ago */
	put(o, minute_of(NET, NOW_MIN - 28 * DAY, 500, 1000));      /* and four */
	put(o, minute_of(NET, NOW_MIN - 9 * DAY, 9000, 1000));      /* another weekday, longer ago than a week */
	put(o, minute_of(NET, NOW_MIN - 35 * DAY, 9000, 1000));     /* too long ago */
	put(o, minute_of(NET, NOW_MIN - 2 * DAY + 60, 9000, 1000)); /* another time of the day */
	city_ok(&o->city, minutes_read_usual(o->city.app.store, &b, &usual, &o->city.e));
	assert_non_null(usual);
	assert_true(usual[0] > 0.299F && usual[0] < 0.301F); /* 900 s on 3,000 m */
	assert_true(usual[1] == 0);                          /* nobody drove there: nothing is usual */
	mem_free(usual);
	b.wants_usual = false;
	city_ok(&o->city, minutes_read_usual(o->city.app.store, &b, &usual, &o->city.e));
	assert_null(usual);
}

static bool is_ordered(struct room *o, uint64_t number)
{
	bool wants_outline;
	struct str orders;
	tell_frame(o, CITY_NOW_US, MODE_ACT);
	city_ok(&o->city, frame_answer_take(buf_str(&o->reply), &wants_outline, &orders, &o->city.e));
	return orders.n > 0 ? orders_newest(orders) == number : number == 0;
}

static void engineers_raise_everybody_on_duty_lowers(void **state)
{
	struct room *o = *state;
	is_known(o);
	tell_frame(o, CITY_NOW_US, MODE_ADVISE);
	assert_true(is_ordered(o, 0));
	tell_frame(o, CITY_NOW_US, MODE_ADVISE);
	visit(&o->resident, PATH_TRAFFIC_SIGNALS "/0");
	assert_int_equal(o->resident.a.status, 403);
	post(&o->resident, PATH_TRAFFIC_SIGNALS, "to=plan&which=all");
	assert_int_equal(o->resident.a.status, 403);
	visit(&o->official, PATH_TRAFFIC_SIGNALS "/0");
	assert_int_equal(o->official.a.status, 200);
	assert_false(body_has(&o->official.a, "Raise to"));
	post(&o->official, PATH_TRAFFIC_SIGNALS "/0", "to=3&because=me");
	assert_int_equal(o->official.a.status, 403);
	post(&o->official, PATH_TRAFFIC_SIGNALS "/0", "to=1&because=the+same+mode+is+a+raise");
	assert_int_equal(o->official.a.status, 403);
	visit(&o->engineer, PATH_TRAFFIC_SIGNALS "/0");
	post(&o->engineer, PATH_TRAFFIC_SIGNALS "/0", "to=3");
	assert_int_equal(o->engineer.a.status, 422);
	assert_true(is_ordered(o, 0));
	tell_frame(o, CITY_NOW_US, MODE_ADVISE);
	post(&o->engineer, PATH_TRAFFIC_SIGNALS "/0", "to=3&because=Looked+at");
	assert_int_equal(o->engineer.a.status, 303);
	assert_true(is_ordered(o, 2)); /* the street itself is row 1 */
	visit(&o->official, PATH_TRAFFIC_SIGNALS "/0");
	post(&o->official, PATH_TRAFFIC_SIGNALS "/0", "to=0");
	assert_int_equal(o->official.a.status, 303);
	visit(&o->official, PATH_TRAFFIC_SIGNALS);
	post(&o->official, PATH_TRAFFIC_SIGNALS, "to=plan&which=all");
	assert_int_equal(o->official.a.status, 303);
	assert_true(is_ordered(o, 5)); /* one of the mode, two given back */
}

/* The version that the stream says, and whether it is fresh. */
static bool stream_says(struct room *o, int64_t *version)
{
	visit(&o->resident, PATH_TRAFFIC_LIVE);
	assert_int_equal(o->resident.a.status, 200);
	assert_true(str_starts(head_value(&o->resident.a, "content-type"), STR("text/event-stream")));
	long long n;
	int fresh;
	char text[200];
	snprintf(text, sizeof text, "%.*s", STR_ARG(o->resident.a.body));
	assert_int_equal(sscanf(text, "retry: 2000\ndata: %lld.%d\n\n", &n, &fresh), 2);
	*version = n;
	return fresh == 1;
}

static void pages_are_told_that_something_is_new(void **state)
{
	struct room *o = *state;
	int64_t first, second, third;
	assert_false(stream_says(o, &first));
	tell_outline(o);
	tell_frame(o, CITY_NOW_US, MODE_WATCH);
	assert_true(stream_says(o, &first));
	assert_true(stream_says(o, &second) && first == second);
	visit(&o->resident, PATH_TRAFFIC);
	assert_true(body_has(&o->resident.a, "id=\"live\"") && body_has(&o->resident.a, "data-stream=\"/traffic/live\""));
	assert_true(body_has(&o->resident.a, "class=\"way queue\"")); /* 15 m stand on Harbour Street */
	o->detector = (struct frame_detector){0, 600, 0, FRAME_STUCK, CITY_NOW_US - 90 * US_PER_S};
	tell_frame(o, CITY_NOW_US + US_PER_S, MODE_WATCH);
	assert_true(stream_says(o, &second) && second > first);
	visit(&o->resident, PATH_TRAFFIC);
	assert_true(body_has(&o->resident.a, "Detectors not believed here: 1."));
	visit(&o->engineer, PATH_TRAFFIC_SIGNALS "/0");
	assert_true(body_has(&o->engineer.a, "This detector is not believed since"));
	assert_true(body_has(&o->engineer.a, "It says that somebody stands on it all the time."));
	visit(&o->engineer, PATH_TRAFFIC_SIGNALS "/1");
	assert_false(body_has(&o->engineer.a, "This detector is not believed since"));
	/* Told nothing for a while: the same version, and not fresh. */
	time_source_advance(&o->city.app.time, LIVE_STALE_US + US_PER_S);
	assert_false(stream_says(o, &third));
	assert_int_equal(third, second);
	visit(&o->resident, PATH_TRAFFIC);
	assert_true(body_has(&o->resident.a, "The brain does not answer."));
}

static void a_process_that_is_not_told_shows_the_newest_minute_in_the_store(void **state)
{
	struct room *o = *state;
	is_known(o);
	put(o, minute_of(o->net, NOW_MIN - 1, 240, 1200));
	visit(&o->resident, PATH_TRAFFIC);
	assert_true(body_has(&o->resident.a, "Another process of City Hall hears the brain."));
	assert_true(body_has(&o->resident.a, "<dd>4</dd>") &&
	            body_has(&o->resident.a, "<dd>18</dd>")); /* 4 vehicles, km/h */
	assert_false(body_has(&o->resident.a, "The brain does not answer."));
	visit(&o->official, PATH_TRAFFIC_SIGNALS);
	assert_true(body_has(&o->official.a, "Another process of City Hall hears the brain."));
	/* Minutes later nobody hears it. */
	time_source_advance(&o->city.app.time, 10 * US_PER_MIN);
	visit(&o->resident, PATH_TRAFFIC);
	assert_true(body_has(&o->resident.a, "The brain does not answer."));
}

static void before_and_after_are_compared_at_one_signal_too(void **state)
{
	struct room *o = *state;
	is_known(o);
	for (int day = 0; day < 14; day++) {
		for (int q = 0; q < 2; q++) {
			int64_t minute = (NOW_MIN - day * DAY) / QUARTER * QUARTER - q * QUARTER;
			struct rows r = minute_of(o->net, minute, 120, 1000);
			r.signal = (struct signal_minute_add_in){.net = o->net,
			                                         .minute = minute,
			                                         .signal = 1,
			                                         .span = 1,
			                                         .seconds = 60,
			                                         .vehicle_s = day < 7 ? 180 : 300,
			                                         .metres = 1000};
			r.sums = (struct city_sums){.seconds = 60, .vehicle_s = 120, .metres = 1000};
			put(o, r);
		}
	}
	visit(&o->official, PATH_TRAFFIC_BEFORE);
	assert_true(body_has(&o->official.a, "A kilometre took 2.00 minutes before and 2.00 after."));
	assert_true(body_has(&o->official.a, "value=\"s1\""));
	visit(&o->official, PATH_TRAFFIC_BEFORE "?where=s1");
	assert_true(body_has(&o->official.a, "5.00") && body_has(&o->official.a, "3.00"));
	assert_false(body_has(&o->official.a, "Streets that differ most"));
	visit(&o->official, PATH_TRAFFIC_BEFORE "?where=wMill%20Street");
	assert_true(body_has(&o->official.a, "5.00") && body_has(&o->official.a, "3.00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(minutes_of_more_than_a_week_become_quarters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(usual_is_this_time_of_the_last_days_and_of_this_weekday, set_up, tear_down),
		cmocka_unit_test_setup_teardown(engineers_raise_everybody_on_duty_lowers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_are_told_that_something_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_process_that_is_not_told_shows_the_newest_minute_in_the_store, set_up,
	                                    tear_down),
		cmocka_unit_test_setup_teardown(before_and_after_are_compared_at_one_signal_too, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
