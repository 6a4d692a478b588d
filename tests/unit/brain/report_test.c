#include "brain/report.h"

#include "unit/unit.h"

static bool reads(const char *topic, const char *payload, struct report *r)
{
	static struct arena a;
	struct err e = {0};
	arena_release(&a);
	arena_init(&a, 1 << 20);
	bool ok = report_read(&a, str_of(topic), str_of(payload), r, &e);
	assert_true(ok || e.code == ERR_BAD_INPUT);
	return ok;
}

static void what_a_cabinet_tells_is_taken(void **state)
{
	(void)state;
	struct report r;
	assert_true(reads("street/v1/cabinet-1/counts",
	                  "{\"at\":1700000000000,\"counts\":[{\"detector\":\"west.line\",\"total\":4294967295,"
	                  "\"occupied\":0.25},{\"detector\":\"west.far\",\"total\":0,\"occupied\":1}],"
	                  "\"walkers\":[{\"crossing\":\":J_c0\",\"waiting\":3,\"longest_s\":40}],\"firmware\":\"7\"}",
	                  &r));
	assert_int_equal(r.kind, REPORT_COUNTS);
	assert_str(r.device, "cabinet-1");
	assert_true(r.at_ms == INT64_C(1700000000000));
	assert_int_equal(r.count_n, 2);
	assert_str(r.counts[0].detector, "west.line");
	assert_true(r.counts[0].total == UINT32_MAX);
	assert_true(r.counts[0].occupied > 0.24F && r.counts[0].occupied < 0.26F);
	assert_int_equal(r.walker_n, 1);
	assert_int_equal(r.walkers[0].waiting, 3);
	assert_true(reads("street/v1/cabinet-1/counts", "{\"at\":5}", &r));
	assert_int_equal(r.count_n + r.walker_n, 0);
}

static void a_vehicle_says_where_it_is(void **state)
{
	(void)state;
	struct report r;
	assert_true(reads("street/v1/taxis/place",
	                  "{\"at\":7,\"vehicle\":\"a7\",\"x\":-12.5,\"y\":3e2,\"speed\":8,\"heading\":359.5}", &r));
	assert_int_equal(r.kind, REPORT_PLACE);
	assert_str(r.vehicle, "a7");
	assert_true(r.x < -12.4F && r.x > -12.6F && r.y > 299.9F && r.speed_mps > 7.9F && r.heading_deg > 359.4F);
	assert_true(reads("street/v1/taxis/place", "{\"at\":7,\"vehicle\":\"a7\",\"x\":1,\"y\":2,\"speed\":0}", &r));
	assert_true(r.heading_deg < 0);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *topic, *payload;
	} bad[] = {
		{"street/v1/x/counts", ""},
		{"street/v1/x/counts", "[]"},
		{"street/v1/x/counts", "{}"},
		{"street/v1/x/counts", "{\"at\":-1}"},
		{"street/v1/x/counts", "{\"at\":\"now\"}"},
		{"street/v1/x/counts", "{\"at\":1.5}"},
		{"street/v1/x/counts", "{\"at\":1,\"at\":2}"},
		{"street/v1/x/counts", "{\"at\":9223372036854775807}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":{}}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[7]}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[{\"detector\":\"d\",\"total\":-1,\"occupied\":0}]}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[{\"detector\":\"d\",\"total\":4294967296,\"occupied\":0}]}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[{\"detector\":\"\",\"total\":1,\"occupied\":0}]}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[{\"detector\":\"d\",\"total\":1,\"occupied\":1.01}]}"},
		{"street/v1/x/counts", "{\"at\":1,\"counts\":[{\"detector\":\"d\",\"total\":1}]}"},
		{"street/v1/x/counts", "{\"at\":1,\"walkers\":[{\"crossing\":\"c\",\"waiting\":1,\"longest_s\":1e9}]}"},
		{"street/v1/x/place", "{\"at\":1,\"vehicle\":\"v\",\"x\":1e999,\"y\":0,\"speed\":0}"},
		{"street/v1/x/place", "{\"at\":1,\"vehicle\":\"v\",\"x\":0,\"y\":0,\"speed\":-1}"},
		{"street/v1/x/place", "{\"at\":1,\"vehicle\":\"v\",\"x\":0,\"y\":0,\"speed\":1,\"heading\":361}"},
		{"street/v1/x/place", "{\"at\":1,\"vehicle\":\"v\\u0007\",\"x\":0,\"y\":0,\"speed\":1}"},
		{"street/v1/x/place", "{\"at\":1,\"x\":0,\"y\":0,\"speed\":1}"},
		{"street/v1/x/other", "{\"at\":1}"},
		{"street/v2/x/counts", "{\"at\":1}"},
		{"street/v1//counts", "{\"at\":1}"},
		{"street/v1/a\tb/counts", "{\"at\":1}"},
		{"street/v1/\xff/counts", "{\"at\":1}"},
		{"street/v1/x/counts/more", "{\"at\":1}"},
		{"street/v1/counts", "{\"at\":1}"},
		{"", "{\"at\":1}"},
	};
	struct report r;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (reads(bad[i].topic, bad[i].payload, &r)) {
			fail_msg("%s %s was taken", bad[i].topic, bad[i].payload);
		}
	}
}

static void a_list_without_end_is_refused(void **state)
{
	(void)state;
	struct buf text;
	struct report r;
	buf_init(&text, 1 << 20);
	buf_put_c(&text, "{\"at\":1,\"counts\":[");
	for (int i = 0; i <= REPORT_LIST_MAX; i++) {
		buf_printf(&text, "%s{\"detector\":\"d\",\"total\":1,\"occupied\":0}", i ? "," : "");
	}
	buf_put_c(&text, "]}");
	assert_false(reads("street/v1/x/counts", buf_cstr(&text), &r));
	buf_release(&text);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct report_count counts[] = {{STR("a\"b"), 77, 0.5F}, {STR("c"), 0, 0}};
	struct report_walkers walkers[] = {{STR("w"), 2, 11}};
	struct report r = {.kind = REPORT_COUNTS,
	                   .device = STR("box"),
	                   .at_ms = 12345,
	                   .counts = counts,
	                   .count_n = 2,
	                   .walkers = walkers,
	                   .walker_n = 1},
				  s;
	struct buf topic, text;
	buf_init(&topic, 200);
	buf_init(&text, 2000);
	report_put_topic(&topic, &r);
	report_put(&text, &r);
	assert_true(reads(buf_cstr(&topic), buf_cstr(&text), &s));
	assert_int_equal(s.count_n, 2);
	assert_str(s.counts[0].detector, "a\"b");
	assert_int_equal(s.counts[0].total, 77);
	assert_int_equal(s.walkers[0].waiting, 2);
	buf_release(&topic);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_cabinet_tells_is_taken), cmocka_unit_test(a_vehicle_says_where_it_is),
		cmocka_unit_test(nonsense_is_refused),           cmocka_unit_test(a_list_without_end_is_refused),
		cmocka_unit_test(what_is_written_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
