#include "brain/field.h"

#include <stdio.h>
#include <unistd.h>

#include "os/file.h"
#include "small_net.h"
#include "unit/unit.h"

enum { MINUTE = 60 };
#define HOUR_MS INT64_C(3600000)

/* Two cabinets, each with a detector, and an operator of buses. The broker is nowhere, signals are not asked. */
struct scene {
	char dir[64], field[96], secrets[96];
	struct net net;
	struct city city;
	struct field f;
	uint32_t total[2];
};

static bool try_begin(struct scene *s, const char *signals, struct err *e)
{
	struct err ignored;
	char text[1000];
	*s = (struct scene){.dir = "/tmp/cityhall-field-XXXXXX"};
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->field, sizeof s->field, "%s/field.json", s->dir);
	snprintf(s->secrets, sizeof s->secrets, "%s/secrets.json", s->dir);
	snprintf(text, sizeof text,
	         "{\"broker\":{\"host\":\"127.0.0.1\",\"port\":1},\"secrets\":\"secrets.json\",\"signals\":[%s],"
	         "\"devices\":[{\"device\":\"c0\",\"detectors\":[{\"detector\":\"a\",\"lane\":\"west_0\",\"to_go\":60}]},"
	         "{\"device\":\"c1\",\"detectors\":[{\"detector\":\"b\",\"lane\":\"south_0\",\"to_go\":60}]}],"
	         "\"fleets\":[\"buses\"],\"announcers\":[\"control\"]}",
	         signals);
	assert_true(file_replace(&file_layer_real, s->field, str_of(text), 0600, &ignored));
	assert_true(file_replace(&file_layer_real, s->secrets,
	                         STR("{\"mqtt\":{\"user\":\"u\",\"password\":\"p\"},\"snmp\":{\"user\":\"u\","
	                             "\"authentication\":\"12345678\",\"privacy\":\"12345678\"}}"),
	                         0600, &ignored));
	assert_true(net_read_sumo(&s->net, str_of(small_net), &ignored));
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &ignored));
	return field_begin(&s->f, s->field, &s->city, e);
}

static void clean(struct scene *s)
{
	city_release(&s->city);
	net_release(&s->net);
	unlink(s->field);
	unlink(s->secrets);
	rmdir(s->dir);
}

static void begin(struct scene *s)
{
	struct err e = {0};
	if (!try_begin(s, "", &e)) {
		fail_msg("%s", e.text);
	}
	s->f.now_ms = 1000 * HOUR_MS;
}

static void end(struct scene *s)
{
	field_end(&s->f);
	clean(s);
}

static bool tell(struct scene *s, const char *topic, const char *payload)
{
	return field_hear(&s->f, str_of(topic), str_of(payload));
}

/* What a cabinet says, by its own clock. */
static bool count(struct scene *s, int device, int64_t at_ms, uint32_t total)
{
	char topic[40], payload[120];
	snprintf(topic, sizeof topic, "street/v1/c%d/counts", device);
	snprintf(payload, sizeof payload, "{\"at\":%lld,\"counts\":[{\"detector\":\"%c\",\"total\":%u,\"occupied\":0}]}",
	         (long long)at_ms, 'a' + device, total);
	return tell(s, topic, payload);
}

static void next_second(struct scene *s)
{
	s->f.now_ms += 1000;
	heard_clear(&s->f.heard);
}

/* A second in which both cabinets speak, the first one by a clock that is off by so much: which of them were believed,
 * as bits. */
static int second(struct scene *s, int64_t off_ms)
{
	int believed = 0;
	next_second(s);
	for (int d = 0; d < 2; d++) {
		bool is_there = count(s, d, s->f.now_ms + (d == 0 ? off_ms : 0), ++s->total[d]);
		believed |= (int)is_there << d;
	}
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->f.heard.total_n; i++) {
		const struct heard_total *t = &s->f.heard.totals[i];
		assert_true(t->at_ms <= s->f.now_ms + 2000 && t->at_ms >= s->f.now_ms - 10000);
		if (t->detector == 1) {
			/* Whatever the other one does. */
			assert_int_equal(t->at_ms, s->f.now_ms);
			assert_int_equal(t->total, s->total[1]);
		}
		n++;
	}
	assert_int_equal(n, (believed & 1) + (believed >> 1));
	assert_true((believed & 2) != 0);
	return believed & 1;
}

/* Who goes before others says so through those who may. */
static void a_late_bus_is_announced_by_whom_the_field_allows_to(void **state)
{
	(void)state;
	struct scene s;
	char payload[240];
	begin(&s);
	uint32_t lane = net_lane_find(&s.net, STR("west_0"));
	const struct net_lane *l = &s.net.lanes[lane];
	snprintf(payload, sizeof payload,
	         "{\"at\":%lld,\"vehicle\":\"b7\",\"kind\":\"bus\",\"late\":90,\"x\":%.1f,\"y\":%.1f,\"speed\":0}",
	         (long long)s.f.now_ms, (double)(l->x + l->x2) / 2, (double)(l->y + l->y2) / 2);
	assert_false(tell(&s, "street/v1/buses/priority", payload));
	assert_false(tell(&s, "street/v1/c0/priority", payload));
	assert_int_equal(s.f.refused[FIELD_ANOTHERS], 2);
	assert_false(tell(&s, "street/v1/control/place", payload));
	assert_false(tell(&s, "street/v1/control/priority",
	                  "{\"at\":1,\"vehicle\":\"b7\",\"kind\":\"taxi\",\"x\":0,\"y\":0,\"speed\":0}"));
	assert_int_equal(s.f.refused[FIELD_GARBAGE], 1);
	assert_int_equal(s.city.priority.vehicle_n, 0);
	assert_true(tell(&s, "street/v1/control/priority", payload));
	assert_false(tell(&s, "street/v1/control/priority", payload)); /* twice */
	assert_int_equal(s.city.priority.vehicle_n, 1);
	const struct priority_vehicle *v = &s.city.priority.vehicles[0];
	assert_int_equal(v->kind, PRIORITY_BUS);
	assert_int_equal(v->lane, lane);
	assert_true(v->late_s == 90 && v->to_go_m > 0 && v->to_go_m < l->length_m);
	assert_int_equal(s.f.heard.place_n, 0); /* what it says is in no count */
	end(&s);
}

static void a_clock_that_is_off_harms_its_own_device_alone(void **state)
{
	(void)state;
	static const struct {
		int64_t off_ms;
		bool is_followed;
	} clocks[] = {
		{0, true},       {1500, true},     {5000, true},      {-5000, true},          {120000, true},
		{-120000, true}, {HOUR_MS, false}, {-HOUR_MS, false}, {300 * HOUR_MS, false}, {-999 * HOUR_MS, false}};
	struct scene s;
	begin(&s);
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		int believed = 0;
		print_message("off by %lld ms\n", (long long)clocks[i].off_ms);
		for (int t = 0; t < 3 * MINUTE; t++) {
			int is_there = second(&s, clocks[i].off_ms);
			believed += t >= 2 * MINUTE ? is_there : 0; /* it is given time to be known */
			if (is_there && t >= 2 * MINUTE) {
				assert_true(s.f.heard.totals[0].at_ms >= s.f.now_ms - 2000);
			}
		}
		assert_int_equal(believed, clocks[i].is_followed ? MINUTE : 0);
	}
	/* It runs wild: each second another time. */
	struct prng r = seeded();
	for (int t = 0; t < 10 * MINUTE; t++) {
		second(&s, (int64_t)prng_below(&r, (uint64_t)(4 * HOUR_MS)) - 2 * HOUR_MS);
	}
	/* It is right again, and soon believed. */
	int believed = 0;
	for (int t = 0; t < 3 * MINUTE; t++) {
		believed += t >= 2 * MINUTE ? second(&s, 0) : (second(&s, 0), 0);
	}
	assert_int_equal(believed, MINUTE);
	end(&s);
}

static void put_place(char *to, size_t n, int64_t at_ms)
{
	snprintf(to, n, "{\"at\":%lld,\"vehicle\":\"v\",\"x\":-100,\"y\":0,\"speed\":5,\"heading\":90}", (long long)at_ms);
}

static void what_is_told_again_or_late_counts_once(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	for (uint32_t i = 0; i < 30; i++) {
		assert_int_equal(second(&s, 0), 1);
	}
	/* Somebody who heard it all says it again, twice. */
	uint64_t twice = s.f.refused[FIELD_TWICE], late = s.f.refused[FIELD_LATE];
	next_second(&s);
	for (int again = 0; again < 2; again++) {
		for (int64_t ago = 1; ago <= 30; ago++) {
			assert_false(count(&s, 1, s.f.now_ms - ago * 1000, 77));
		}
	}
	assert_int_equal(s.f.heard.total_n, 0);
	assert_int_equal(s.f.refused[FIELD_TWICE] - twice + s.f.refused[FIELD_LATE] - late, 60);
	assert_true(s.f.refused[FIELD_LATE] > late);
	/* A place, told again after a newer one. */
	char old[200], new[200];
	put_place(old, sizeof old, s.f.now_ms - 1000);
	put_place(new, sizeof new, s.f.now_ms);
	assert_true(tell(&s, "street/v1/buses/place", old) && tell(&s, "street/v1/buses/place", new));
	assert_false(tell(&s, "street/v1/buses/place", old) || tell(&s, "street/v1/buses/place", new));
	assert_int_equal(s.f.heard.place_n, 2);
	end(&s);
}

static void nobody_speaks_for_another(void **state)
{
	(void)state;
	struct scene s;
	char counts[300], place[200];
	begin(&s);
	snprintf(counts, sizeof counts,
	         "{\"at\":%lld,\"counts\":[{\"detector\":\"a\",\"total\":1,\"occupied\":0},"
	         "{\"detector\":\"b\",\"total\":9,\"occupied\":0}]}",
	         (long long)s.f.now_ms);
	snprintf(place, sizeof place, "{\"at\":%lld,\"vehicle\":\"v\",\"x\":0,\"y\":0,\"speed\":0}", (long long)s.f.now_ms);
	const struct {
		const char *topic, *payload;
		enum field_doubt why;
	} forged[] = {
		{"street/v1/c0/counts", counts, FIELD_ANOTHERS}, /* not even its own is taken of it */
		{"street/v1/c9/counts", counts, FIELD_STRANGER},
		{"street/v1/c0/place", place, FIELD_ANOTHERS}, /* a cabinet has no vehicles */
		{"street/v1/nobody/place", place, FIELD_STRANGER},
		{"street/v1/c0/clock", "{\"at\":9000000000000}", FIELD_STRANGER}, /* time is this machine's */
		{"street/v1/c0/counts", "", FIELD_GARBAGE},
		{"street/v1/c0/counts", "{\"at\":", FIELD_GARBAGE},
		{"street/v1/c0/counts", "{\"at\":\"now\",\"counts\":[]}", FIELD_GARBAGE},
		{"street/v1/c0/counts", "\xff\xfe{}", FIELD_GARBAGE},
		{"street/v2/c0/counts", counts, FIELD_GARBAGE},
		{"", "", FIELD_GARBAGE},
	};
	for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
		uint64_t before = s.f.refused[forged[i].why];
		print_message("%s %s\n", forged[i].topic, forged[i].payload);
		assert_false(tell(&s, forged[i].topic, forged[i].payload));
		assert_int_equal(s.f.refused[forged[i].why], before + 1);
	}
	assert_int_equal(s.f.heard.total_n + s.f.heard.place_n + s.f.heard.walker_n, 0);
	/* And the clock of the one whose name was used is not thought to be off for it. */
	assert_int_equal(second(&s, 0), 1);
	end(&s);
}

static void a_signal_has_one_controller(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	assert_false(
		try_begin(&s, "{\"signal\":\"J\",\"address\":\"127.0.0.1\"},{\"signal\":\"J\",\"address\":\"127.0.0.2\"}", &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.text, "the signal \"J\" is in the field twice");
	clean(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_bus_is_announced_by_whom_the_field_allows_to),
		cmocka_unit_test(a_clock_that_is_off_harms_its_own_device_alone),
		cmocka_unit_test(what_is_told_again_or_late_counts_once),
		cmocka_unit_test(nobody_speaks_for_another),
		cmocka_unit_test(a_signal_has_one_controller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
