/* How the city moves, and before and after: pages over a real server, fed with quarters of an hour as the minutes of
 * the brain would be. */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "app/traffic/history.h"
#include "app/traffic/traffic.h"
#include "brain/frame.h"
#include "store/tx.h"

enum { NET = 77, DAYS = 14, FIRST = 28, LAST = 76, MINUTE = 15 };
#define PASSWORD "green-wave-to-the-harbour"

extern const struct store_schema catalogue_schema;
static const struct store_schema *const schemas[] = {&event_schema, &people_schema,  &catalogue_schema,
                                                     &mail_schema,  &traffic_schema, NULL};

static int set_up(void **state)
{
	struct city *c = malloc(sizeof *c);
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	assert_int_equal(report.mistakes, 0);
	pack_report_release(&report);
	c->tables[0] = people_routes;
	c->tables[1] = traffic_routes;
	city_open(c);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct city *c = *state;
	server_down(&c->server);
	c->server.http = NULL;
	catalogue_close(&c->app);
	city_close(c);
	free(c);
	return 0;
}

/* --- What the brain would have told ------------------------------------------------------------------------------- */

struct fed {
	struct city *c;
	const struct institution *in;
	int64_t minute;
	struct city_sums s;
	struct link_minute_add_in links[2];
	struct str outline;
};

static bool feed_street(struct tx *tx, void *ctx, struct err *e)
{
	const struct fed *f = ctx;
	return street_add(tx, &(struct street_add_in){.institution = f->in->id, .net = NET, .outline = f->outline}, e);
}

static bool feed_minute(struct tx *tx, void *ctx, struct err *e)
{
	const struct fed *f = ctx;
	if (!street_wrote(tx, &(struct street_wrote_in){.institution = f->in->id, .wrote = f->minute}, e)) {
		return false;
	}
	for (int i = 0; i < 2; i++) {
		if (!link_minute_add(tx, &f->links[i], NULL, e)) {
			return false;
		}
	}
	return history_add(tx, f->in->id, NET, f->minute, &f->s, e);
}

static void feed(struct fed *f, store_job *job)
{
	struct store_op op = {.route = f->in->id};
	city_ok(f->c, store_write(f->c->app.store, &op, job, f, &f->c->e));
}

static void tell_street(struct fed *f)
{
	static const struct frame_point east[] = {{0, 0}, {5000, 100}}, north[] = {{0, 0}, {100, 5000}};
	const struct outline_link links[] = {
		{.id = STR("a"),
	     .name = STR("Harbour Street"),
	     .points = east,
	     .point_n = 2,
	     .length_dm = 5000,
	     .lanes = 1,
	     .speed_mmps = 13890,
	     .from_signal = FRAME_NONE,
	     .to_signal = FRAME_NONE},
		{.id = STR("b7"),
	     .name = STR_EMPTY,
	     .points = north,
	     .point_n = 2,
	     .length_dm = 5000,
	     .lanes = 1,
	     .speed_mmps = 13890,
	     .from_signal = FRAME_NONE,
	     .to_signal = FRAME_NONE},
	};
	const struct outline o = {.links = links, .link_n = 2, .is_demo = true};
	struct buf b;
	buf_init(&b, 1 << 16);
	outline_put(&b, &o);
	f->outline = arena_copy(&f->c->arena, buf_str(&b));
	buf_release(&b);
	feed(f, feed_street);
}

/* A quarter, of which the first minute alone was told: 10 km at so many minutes each, of which a part is lost. */
static void tell_quarter(struct fed *f, int64_t utc_quarter, double pace, int brain)
{
	int64_t vehicle_s = (int64_t)(pace * 60 * 10);
	f->minute = utc_quarter * MINUTE;
	f->s = (struct city_sums){.seconds = 60,
	                          .signal_s = 120,
	                          .brain_s = brain,
	                          .vehicle_s = vehicle_s,
	                          .halting_s = vehicle_s / 4,
	                          .delay_s = vehicle_s / 2,
	                          .metres = 10000,
	                          .walker_s = 180};
	for (int i = 0; i < 2; i++) {
		f->links[i] = (struct link_minute_add_in){.institution = f->in->id,
		                                          .net = NET,
		                                          .minute = f->minute,
		                                          .link = i,
		                                          .span = 1,
		                                          .seconds = 60,
		                                          .vehicle_s = vehicle_s / 2,
		                                          .delay_s = i == 0 ? vehicle_s / 3 : vehicle_s / 6,
		                                          .metres = 5000};
	}
	feed(f, feed_minute);
}

/* The street's own course of a day, and something that only looks like chance. */
static double pace_of(day_number day, int quarter)
{
	return 2 + 0.5 * (quarter % 16) / 16 + 0.1 * ((day * 7919 + quarter * 104729) % 11) / 11;
}

/* --- Tests -------------------------------------------------------------------------------------------------------- */

static void nothing_was_counted_yet(void **state)
{
	struct city *c = *state;
	struct browser b = {.city = c};
	visit(&b, PATH_TRAFFIC_TODAY);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "Nothing was counted yet."));
	visit(&b, PATH_TRAFFIC_CSV);
	assert_true(b.a.status == 200 && body_has(&b.a, "quarter-begins,seconds-counted"));
	assert_false(body_has(&b.a, "Z,"));
	visit(&b, PATH_TRAFFIC_BEFORE);
	assert_int_equal(b.a.status, 303); /* to the sign-in */
}

/* Seven days by the plan and seven led by the brain, in which a kilometre takes half a minute less. */
static void feed_two_weeks(struct city *c, struct fed *f, day_number *today)
{
	*f = (struct fed){.c = c, .in = traffic_office(&c->app)};
	assert_non_null(f->in);
	const struct zone *z = calendar_zone(f->in->calendar);
	*today = zone_local(z, CITY_NOW_US).day;
	tell_street(f);
	for (day_number day = *today - DAYS + 1; day <= *today; day++) {
		bool is_led = day > *today - DAYS / 2;
		int64_t first = zone_instant_us(z, day, 0) / (QUARTER_S * US_PER_S);
		for (int q = FIRST; q < LAST; q++) {
			tell_quarter(f, first + q, pace_of(day, q) - (is_led ? 0.5 : 0), is_led ? 60 : 0);
		}
	}
}

static void today_is_shown_against_usual_for_everybody(void **state)
{
	struct city *c = *state;
	struct browser b = {.city = c};
	struct fed f;
	day_number today;
	char line[80], day[11];
	feed_two_weeks(c, &f, &today);
	visit(&b, PATH_TRAFFIC_TODAY);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "How the city moves") && body_has(&b.a, "counted until "));
	assert_true(body_has(&b.a, "Usual") && body_has(&b.a, "less than usual") && body_has(&b.a, "50%"));
	assert_true(body_has(&b.a, "Harbour Street, towards the east") && body_has(&b.a, "b7"));
	assert_true(body_has(&b.a, "19:00")); /* the end of what was counted, by the city's clock */
	assert_false(body_has(&b.a, "/traffic/before-after"));
	visit(&b, PATH_TRAFFIC_CSV);
	int64_t utc = zone_instant_us(calendar_zone(f.in->calendar), today, FIRST * QUARTER_S) / US_PER_S;
	date_format((day_number)(utc / 86400), day);
	snprintf(line, sizeof line, "%sT%02d:%02dZ,60,", day, (int)(utc % 86400 / 3600), (int)(utc % 3600 / 60));
	assert_true(body_has(&b.a, line));
}

static void before_and_after_are_compared_for_the_office_alone(void **state)
{
	struct city *c = *state;
	struct browser b = {.city = c};
	struct fed f;
	day_number today;
	char path[200], from[11], to[11];
	feed_two_weeks(c, &f, &today);
	int64_t engineer = city_person(c, "Sami Oyelund", "sami@example.org", PASSWORD);
	city_ok(c, people_set_role(c->app.store, engineer, ROLE_TRAFFIC_ENGINEER, f.in->id, true, 0, &c->e));
	sign_in(&b, "sami@example.org", PASSWORD);
	visit(&b, PATH_TRAFFIC_BEFORE);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "7 days before and 7 after") && body_has(&b.a, "Better"));
	assert_true(body_has(&b.a, "minutes before and takes") && body_has(&b.a, "No difference shown"));
	assert_true(body_has(&b.a, "Streets that differ most"));
	/* Within the week by the plan nothing differs. */
	date_format(today - DAYS + 1, from);
	date_format(today - DAYS + 2, to);
	snprintf(path, sizeof path, PATH_TRAFFIC_BEFORE "?before-from=%s&before-to=%s", from, from);
	snprintf(path + strlen(path), sizeof path - strlen(path), "&after-from=%s&after-to=%s", to, to);
	visit(&b, path);
	assert_true(b.a.status == 200 && body_has(&b.a, "knows nothing of how days differ"));
	assert_false(body_has(&b.a, "Better"));
	/* What is wrong with the days stands beside them, and they stay. */
	visit(&b, PATH_TRAFFIC_BEFORE "?before-from=tomorrow&after-to=2026-02-30");
	assert_true(b.a.status == 200 && body_has(&b.a, "This is no day.") && body_has(&b.a, "value=\"tomorrow\""));
	snprintf(path, sizeof path, PATH_TRAFFIC_BEFORE "?before-from=%s&before-to=%s", to, from);
	visit(&b, path);
	assert_true(body_has(&b.a, "The time ends before it begins."));
	snprintf(path, sizeof path, PATH_TRAFFIC_BEFORE "?before-from=%s&before-to=%s&after-from=%s", from, to, from);
	visit(&b, path);
	assert_true(body_has(&b.a, "The two times overlap."));
	/* Somebody else's engineer. */
	struct browser other = {.city = c};
	int64_t official = city_person(c, "Rosa", "rosa@example.org", PASSWORD);
	const struct institution *tax = catalogue_institution_named(&c->app, STR("tax-office"));
	assert_non_null(tax);
	city_ok(c, people_set_role(c->app.store, official, ROLE_OFFICIAL, tax->id, true, 0, &c->e));
	sign_in(&other, "rosa@example.org", PASSWORD);
	visit(&other, PATH_TRAFFIC_BEFORE);
	assert_int_equal(other.a.status, 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_was_counted_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(today_is_shown_against_usual_for_everybody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(before_and_after_are_compared_for_the_office_alone, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
