#include "brain/frame.h"

#include "base/rand.h"
#include "unit/unit.h"

enum { BYTES_MAX = 1 << 20, ARENA_BYTES = 8 << 20, TRIES = 20000 };

static const struct frame_point points[] = {{0, 0}, {1800, -25}, {INT32_MIN, INT32_MAX}};
static const struct outline_group groups[] = {{0, 's'}, {0, 'l'}, {FRAME_NONE, 'm'}, {1, 'c'}};

static struct outline an_outline(void)
{
	static struct outline_link links[2];
	static struct outline_signal signals[2];
	static struct outline_stage stages[2];
	static const struct outline_crossing crossings[] = {{0, 3}};
	links[0] = (struct outline_link){STR("west"), STR("Ropewalk"), points, 2, 1800, 13890, 2, FRAME_NONE, 0};
	links[1] = (struct outline_link){STR("east"), STR_EMPTY, points, 3, 900, 8330, 1, 0, 1};
	stages[0] = (struct outline_stage){STR("GgrG"), 31000};
	stages[1] = (struct outline_stage){STR("rrGr"), 0};
	signals[0] =
		(struct outline_signal){STR("A0"), {STR("Ropewalk"), STR("Quay Street")}, {5, -7}, groups, stages, 4, 2};
	signals[1] = (struct outline_signal){.id = STR("B0"), .at = {9, 9}};
	return (struct outline){.digest = {1, 2, 3},
	                        .is_demo = true,
	                        .links = links,
	                        .signals = signals,
	                        .crossings = crossings,
	                        .link_n = 2,
	                        .signal_n = 2,
	                        .crossing_n = 1};
}

static struct street_frame a_frame(void)
{
	static struct frame_link links[2] = {{125, 40, 3200, 61, 1, 300}, {0, 0, 8330, 0, 0, 0}};
	static struct frame_signal signals[2];
	static const uint16_t least[FRAME_STAGES_MAX] = {0, 12}, most[FRAME_STAGES_MAX] = {0, 40};
	static const struct frame_incident incidents[] = {{7, 1000000, 1, 312, FRAME_BLOCKED, 90}};
	static const struct frame_eta way[] = {{1, 14}, {0, 30}};
	static const struct frame_priority priorities[] = {{3, 5000000, PRIORITY_EMERGENCY, 0, 20, way, 2, 451}};
	static const struct frame_walkers walkers[] = {{0, 3, 41}};
	static const struct frame_detector detectors[] = {{1, 600, 2, FRAME_STUCK, 4000000}};
	signals[0] = (struct frame_signal){.mode = MODE_ADVISE,
	                                   .lead = FRAME_BY_PLAN,
	                                   .stage = 1,
	                                   .watched_s = 60,
	                                   .saves_s = -3,
	                                   .least_s = least,
	                                   .most_s = most,
	                                   .wish = 0,
	                                   .plan = 1,
	                                   .since_us = 1234567,
	                                   .letters = STR("ryGr"),
	                                   .why = {99, 0, 1, FRAME_SAVES, true, 300, 120, 55, 20, 3, 41}};
	signals[1] = (struct frame_signal){.lead = FRAME_NOT_LED, .stage = 255, .wish = 255, .plan = 255};
	return (struct street_frame){.at_us = 1700000000000000,
	                             .taken_order = 12,
	                             .brain_leads = true,
	                             .links = links,
	                             .signals = signals,
	                             .link_n = 2,
	                             .signal_n = 2,
	                             .incidents = incidents,
	                             .priorities = priorities,
	                             .walkers = walkers,
	                             .detectors = detectors,
	                             .detector_n = 1,
	                             .incident_n = 1,
	                             .priority_n = 1,
	                             .walker_n = 1};
}

struct scene {
	struct buf outline, frame, again;
	struct arena arena, other;
	struct outline out;
	struct street_frame now;
};

static void begin(struct scene *s)
{
	struct outline o = an_outline();
	struct street_frame f = a_frame();
	*s = (struct scene){0};
	buf_init(&s->outline, BYTES_MAX);
	buf_init(&s->frame, BYTES_MAX);
	buf_init(&s->again, BYTES_MAX);
	arena_init(&s->arena, ARENA_BYTES);
	arena_init(&s->other, ARENA_BYTES);
	outline_put(&s->outline, &o);
	frame_put(&s->frame, &f);
}

static void end(struct scene *s)
{
	buf_release(&s->outline);
	buf_release(&s->frame);
	buf_release(&s->again);
	arena_release(&s->arena);
	arena_release(&s->other);
}

static void test_what_is_put_is_taken(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s);
	assert_true(outline_take(&s.out, &s.arena, buf_str(&s.outline), &e));
	assert_true(str_is(s.out.signals[0].streets[1], "Quay Street"));
	assert_int_equal(s.out.links[1].points[2].x_dm, INT32_MIN);
	assert_int_equal(s.out.signals[0].groups[2].link, FRAME_NONE);
	outline_put(&s.again, &s.out);
	assert_true(str_eq(buf_str(&s.again), buf_str(&s.outline)));
	assert_true(frame_take(&s.now, &s.out, &s.arena, buf_str(&s.frame), &e));
	assert_int_equal(s.now.links[0].speed_mmps, 3200);
	assert_int_equal(s.now.links[1].speed_mmps, 8330); /* nobody on it */
	assert_int_equal(s.now.priorities[0].way[1].eta_s, 30);
	assert_int_equal(s.now.detectors[0].why, FRAME_STUCK);
	buf_reset(&s.again);
	frame_put(&s.again, &s.now);
	assert_true(str_eq(buf_str(&s.again), buf_str(&s.frame)));
	end(&s);
}

static void test_a_frame_of_another_street_is_refused(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct outline o = an_outline();
	begin(&s);
	o.link_n = 1;
	assert_false(frame_take(&s.now, &o, &s.arena, buf_str(&s.frame), &e));
	assert_int_equal(e.code, ERR_CORRUPT);
	assert_false(frame_take(&s.now, &o, &s.arena, buf_str(&s.outline), &e));
	assert_false(outline_take(&s.out, &s.arena, buf_str(&s.frame), &e));
	end(&s);
}

/* What is taken from bytes that somebody changed says no number that its outline does not have: putting it and taking
 * it again gives the same bytes. */
static void check(struct scene *s, struct str outline, struct str frame)
{
	struct err e = {0};
	struct outline o;
	struct street_frame f;
	if (outline_take(&o, &s->other, outline, &e)) {
		buf_reset(&s->again);
		outline_put(&s->again, &o);
		assert_true(str_eq(buf_str(&s->again), outline));
	} else {
		assert_true(e.code == ERR_CORRUPT || e.code == ERR_MEMORY);
	}
	if (frame_take(&f, &s->out, &s->other, frame, &e)) {
		for (uint32_t i = 0; i < f.incident_n; i++) {
			assert_true(f.incidents[i].link < s->out.link_n);
		}
		for (uint32_t i = 0; i < f.signal_n; i++) {
			const struct frame_signal *g = &f.signals[i];
			assert_true(g->letters.n == 0 || g->letters.n == s->out.signals[i].group_n);
			assert_true(g->stage == FRAME_NO_STAGE || g->stage < s->out.signals[i].stage_n);
		}
	} else {
		assert_true(e.code == ERR_CORRUPT || e.code == ERR_MEMORY);
	}
	arena_reset(&s->other);
}

static void test_any_bytes_are_answered(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct prng r;
	prng_seed(&r, 7);
	begin(&s);
	assert_true(outline_take(&s.out, &s.arena, buf_str(&s.outline), &e));
	for (size_t n = 0; n <= s.outline.n || n <= s.frame.n; n++) {
		check(&s, str_sub(buf_str(&s.outline), 0, n), str_sub(buf_str(&s.frame), 0, n));
	}
	for (int i = 0; i < TRIES; i++) {
		char outline[2000], frame[2000];
		size_t on = s.outline.n, fn = s.frame.n;
		assert_true(on < sizeof outline && fn < sizeof frame);
		memcpy(outline, s.outline.p, on);
		memcpy(frame, s.frame.p, fn);
		for (uint64_t k = prng_below(&r, 4) + 1; k > 0; k--) {
			outline[prng_below(&r, on)] = (char)prng_below(&r, 256);
			frame[prng_below(&r, fn)] = (char)prng_below(&r, 256);
		}
		check(&s, str_from(outline, on), str_from(frame, fn));
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_put_is_taken),
		cmocka_unit_test(test_a_frame_of_another_street_is_refused),
		cmocka_unit_test(test_any_bytes_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
