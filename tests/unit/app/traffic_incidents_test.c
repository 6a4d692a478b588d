/* What the brain found stands once in the office's list, whoever is started again meanwhile, until it is over. */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/traffic/incidents.h"
#include "app/traffic/live.h"
#include "app/traffic/traffic.h"
#include "app/traffic/traffic.sql.h"
#include "store/tx.h"

extern const struct store_schema catalogue_schema;
static const struct store_schema *const schemas[] = {&event_schema, &catalogue_schema, &traffic_schema, NULL};

enum { LINKS = 3 };

struct scene {
	struct city c;
	struct traffic *traffic;
	int64_t now_s;
	int64_t reported, looked_after, ended;
	uint8_t sure; /* percent, of what frames say */
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct pack_report report;
	s->sure = 90;
	city_found(&s->c, schemas);
	city_ok(&s->c, catalogue_open(&s->c.app, &s->c.e));
	pack_report_init(&report);
	city_ok(&s->c, catalogue_publish(&s->c.app, STR("packs/demo"), &report, &s->c.e));
	assert_int_equal(report.mistakes, 0);
	pack_report_release(&report);
	city_ok(&s->c, traffic_start(&s->c.app, &s->traffic, &s->c.e));
	s->c.app.traffic = s->traffic;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	traffic_stop(s->traffic);
	catalogue_close(&s->c.app);
	city_close(&s->c);
	free(s);
	return 0;
}

static void say(struct scene *s, const struct buf *words)
{
	struct buf reply;
	buf_init(&reply, 4096);
	city_ok(&s->c, traffic_told(&s->c.app, buf_str(words), &reply, &s->c.e));
	buf_release(&reply);
}

/* A street of three links, or another one. */
static void outline(struct scene *s, uint8_t digest)
{
	static const struct frame_point points[] = {{0, 0}, {1000, 0}};
	struct outline_link links[LINKS];
	struct buf words;
	for (int i = 0; i < LINKS; i++) {
		links[i] = (struct outline_link){.id = STR("a"),
		                                 .name = i == 1 ? STR("Quay Street") : STR_EMPTY,
		                                 .points = points,
		                                 .point_n = 2,
		                                 .length_dm = 1000,
		                                 .speed_mmps = 13000,
		                                 .lanes = 1,
		                                 .from_signal = FRAME_NONE,
		                                 .to_signal = FRAME_NONE};
	}
	struct outline o = {.digest = {digest}, .links = links, .link_n = LINKS};
	buf_init(&words, 1 << 16);
	outline_put(&words, &o);
	say(s, &words);
	buf_release(&words);
}

/* So many frames, a second each; an incident on each link of the bits. */
static void frames(struct scene *s, int n, unsigned bits, int64_t first_id)
{
	struct frame_link links[LINKS] = {{0}};
	for (int i = 0; i < n; i++) {
		struct frame_incident incidents[LINKS];
		struct street_frame f = {
			.at_us = ++s->now_s * US_PER_S, .links = links, .link_n = LINKS, .incidents = incidents};
		struct buf words;
		for (uint32_t k = 0; k < LINKS; k++) {
			if (bits >> k & 1) {
				incidents[f.incident_n++] = (struct frame_incident){.id = first_id + k,
				                                                    .since_us = s->now_s * US_PER_S,
				                                                    .link = k,
				                                                    .place_dm = 10,
				                                                    .kind = FRAME_BLOCKED,
				                                                    .sure_percent = s->sure};
			}
		}
		buf_init(&words, 1 << 16);
		frame_put(&words, &f);
		say(s, &words);
		buf_release(&words);
	}
	city_ok(&s->c, traffic_write(s->traffic, &s->c.e));
}

static bool count_job(struct tx *tx, void *ctx, struct err *e)
{
	struct scene *s = ctx;
	int64_t *counts[] = {
		[INCIDENT_REPORTED] = &s->reported, [INCIDENT_LOOKED_AFTER] = &s->looked_after, [INCIDENT_ENDED] = &s->ended};
	for (int state = INCIDENT_REPORTED; state <= INCIDENT_ENDED; state++) {
		struct street_incidents_in_rows rows;
		struct street_incidents_in_out o;
		struct street_incidents_in_in in = {.institution = traffic_office(&s->c.app)->id, .state = state, .most = 100};
		*counts[state] = 0;
		if (!street_incidents_in_open(tx, &in, &rows, e)) {
			return false;
		}
		while (street_incidents_in_next(&rows, &o)) {
			assert_str(o.street, o.link == 1 ? "Quay Street" : "a");
			(*counts[state])++;
		}
		if (!street_incidents_in_close(&rows, e)) {
			return false;
		}
	}
	return true;
}

/* The thread writes too: what it began is waited for by the store's own order. */
static void expect(struct scene *s, int64_t reported, int64_t looked_after, int64_t ended)
{
	for (int i = 0; i < 1000; i++) {
		city_ok(&s->c, store_read(s->c.app.store, traffic_office(&s->c.app)->id, &s->c.arena, count_job, s, &s->c.e));
		if (s->reported == reported && s->looked_after == looked_after && s->ended == ended) {
			return;
		}
		city_ok(&s->c, traffic_write(s->traffic, &s->c.e));
		usleep(1000);
	}
	assert_int_equal(s->reported, reported);
	assert_int_equal(s->looked_after, looked_after);
	assert_int_equal(s->ended, ended);
}

static void restart(struct scene *s)
{
	traffic_stop(s->traffic);
	city_ok(&s->c, traffic_start(&s->c.app, &s->traffic, &s->c.e));
	s->c.app.traffic = s->traffic;
}

static void an_incident_is_reported_once_until_it_is_over(void **state)
{
	struct scene *s = *state;
	outline(s, 1);
	frames(s, 5, 0, 1);
	expect(s, 0, 0, 0);
	frames(s, 5, 2, 1);
	expect(s, 1, 0, 0);
	/* The brain begins again, at an earlier time, and finds it by another number. */
	s->now_s = 1;
	frames(s, 100, 0, 1);
	frames(s, 5, 2, 40);
	expect(s, 1, 0, 0);
	/* The portal begins again. */
	restart(s);
	outline(s, 1);
	frames(s, 5, 2, 41);
	expect(s, 1, 0, 0);
	frames(s, 5, 3, 41);
	expect(s, 2, 0, 0);
	/* Over, after five minutes in which frames say nothing of it; a gap between frames is no such time. */
	frames(s, 290, 1, 41);
	s->now_s += 1000;
	frames(s, 1, 1, 41);
	expect(s, 2, 0, 0);
	frames(s, 20, 1, 41);
	expect(s, 1, 0, 1);
	/* The next one there is another one. */
	frames(s, 5, 3, 90);
	expect(s, 2, 0, 1);
	/* What stood on another street is over. */
	outline(s, 2);
	frames(s, 5, 0, 1);
	expect(s, 0, 0, 3);
}

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	return incident_look_after_job(tx, ctx, e);
}

static bool newest_job(struct tx *tx, void *ctx, struct err *e)
{
	struct incident_look_after *in = ctx;
	struct street_incidents_in_rows rows;
	struct street_incidents_in_out o = {0};
	struct street_incidents_in_in of = {.institution = in->institution, .state = INCIDENT_REPORTED, .most = 1};
	if (!street_incidents_in_open(tx, &of, &rows, e)) {
		return false;
	}
	if (street_incidents_in_next(&rows, &o)) {
		in->id = o.id;
		in->version = o.version;
	}
	return street_incidents_in_close(&rows, e);
}

static void what_is_not_sure_is_not_reported(void **state)
{
	struct scene *s = *state;
	outline(s, 3);
	s->sure = 79;
	frames(s, 5, 1, 1);
	expect(s, 0, 0, 3);
	s->sure = 80;
	frames(s, 5, 1, 1);
	expect(s, 1, 0, 3);
	/* It stays that one as long as it is said at all. */
	s->sure = 50;
	frames(s, 400, 1, 1);
	expect(s, 1, 0, 3);
	frames(s, 310, 0, 1);
	expect(s, 0, 0, 4);
	s->sure = 90;
}

static void one_looks_after_it_and_a_second_is_told_so(void **state)
{
	struct scene *s = *state;
	struct incident_look_after in = {
		.institution = traffic_office(&s->c.app)->id, .account = 7, .name = STR("Jonas"), .street = STR("a")};
	struct store_op op = {.route = in.institution, .is_background = true};
	outline(s, 2);
	frames(s, 5, 1, 1);
	expect(s, 1, 0, 4);
	city_ok(&s->c, store_read(s->c.app.store, in.institution, &s->c.arena, newest_job, &in, &s->c.e));
	city_ok(&s->c, store_write(s->c.app.store, &op, look_job, &in, &s->c.e));
	expect(s, 0, 1, 4);
	op = (struct store_op){.route = in.institution, .is_background = true};
	assert_false(store_write(s->c.app.store, &op, look_job, &in, &s->c.e));
	assert_int_equal(s->c.e.code, ERR_CONFLICT);
	frames(s, 310, 0, 1);
	expect(s, 0, 0, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_incident_is_reported_once_until_it_is_over),
		cmocka_unit_test(what_is_not_sure_is_not_reported),
		cmocka_unit_test(one_looks_after_it_and_a_second_is_told_so),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
