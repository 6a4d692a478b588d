#include "base/zone.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/time_source.h"
#include "base/zone_rule.h"
#include "unit/unit.h"

static struct zone *loaded(const char *name)
{
	struct zone *z = NULL;
	struct err e;
	if (!zone_load(str_of(name), &z, &e)) {
		fail_msg("%s: %s", name, e.text);
	}
	return z;
}

/* "2026-03-29 02:30:00" in seconds since 1970-01-01 00:00:00 on the same clock. */
static int64_t seconds(const char *text)
{
	day_number day;
	uint64_t h, m, s;
	assert_true(date_parse(str_sub(str_of(text), 0, 10), &day));
	assert_true(str_to_u64(str_sub(str_of(text), 11, 2), &h));
	assert_true(str_to_u64(str_sub(str_of(text), 14, 2), &m));
	assert_true(str_to_u64(str_sub(str_of(text), 17, 2), &s));
	return (int64_t)day * 86400 + (int64_t)(h * 3600 + m * 60 + s);
}

static int64_t instant_s(const struct zone *z, int64_t local_s)
{
	int64_t day = local_s / 86400 - (local_s % 86400 < 0);
	return zone_instant_us(z, (day_number)day, (int32_t)(local_s - day * 86400)) / US_PER_S;
}

static void known_instants_have_their_local_times(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *utc, *local, *abbreviation;
	} known[] = {
		{"Asia/Shanghai", "2026-09-30 16:00:00", "2026-10-01 00:00:00", "CST"},
		{"Asia/Shanghai", "1988-07-01 00:00:00", "1988-07-01 09:00:00",
	     "CDT"}, /* the years of summer time, 1986-1991 */
		{"Asia/Shanghai", "2100-02-28 16:00:00", "2100-03-01 00:00:00", "CST"}, /* 2100 is no leap year */
		{"Asia/Kolkata", "2026-01-01 00:00:00", "2026-01-01 05:30:00", "IST"},
		{"Europe/Berlin", "2026-03-29 00:59:59", "2026-03-29 01:59:59", "CET"},
		{"Europe/Berlin", "2026-03-29 01:00:00", "2026-03-29 03:00:00", "CEST"},
		{"Europe/Berlin", "2026-10-25 00:59:59", "2026-10-25 02:59:59", "CEST"},
		{"Europe/Berlin", "2026-10-25 01:00:00", "2026-10-25 02:00:00", "CET"},
		{"Europe/Berlin", "2100-07-01 10:00:00", "2100-07-01 12:00:00", "CEST"},
		{"Europe/Berlin", "2100-12-01 10:00:00", "2100-12-01 11:00:00", "CET"},
		{"America/New_York", "2026-03-08 06:59:59", "2026-03-08 01:59:59", "EST"},
		{"America/New_York", "2026-03-08 07:00:00", "2026-03-08 03:00:00", "EDT"},
		{"America/New_York", "2100-11-07 05:59:59", "2100-11-07 01:59:59", "EDT"},
		{"America/New_York", "2100-11-07 06:00:00", "2100-11-07 01:00:00", "EST"},
		{"Australia/Sydney", "2100-01-01 00:00:00", "2100-01-01 11:00:00", "AEDT"}, /* a summer over New Year */
		{"Pacific/Apia", "2011-12-30 09:59:59", "2011-12-29 23:59:59", "-10"},
		{"Pacific/Apia", "2011-12-30 10:00:00", "2011-12-31 00:00:00", "+14"}, /* 30 December never was */
		{"Pacific/Kiritimati", "2026-01-01 12:00:00", "2026-01-02 02:00:00", "+14"},
		{"UTC", "1969-12-31 23:59:59", "1969-12-31 23:59:59", "UTC"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct zone *z = loaded(known[i].zone);
		assert_str(zone_name(z), known[i].zone);
		struct local_time t = zone_local(z, seconds(known[i].utc) * US_PER_S + 999999);
		int64_t local = (int64_t)t.day * 86400 + t.second;
		if (local != seconds(known[i].local) || strcmp(t.abbreviation, known[i].abbreviation) != 0) {
			fail_msg("%s at %s: off by %lld s, %s", known[i].zone, known[i].utc,
			         (long long)(local - seconds(known[i].local)), t.abbreviation);
		}
		assert_int_equal(t.offset_s, local - seconds(known[i].utc));
		zone_free(z);
	}
}

static void gaps_read_later_and_folds_read_earlier(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *local, *utc;
	} known[] = {
		{"Asia/Shanghai", "2026-10-01 00:00:00", "2026-09-30 16:00:00"},
		{"Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29 00:59:59"},
		{"Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29 01:00:00"}, /* gap: shown as 03:00 */
		{"Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29 01:30:00"}, /* gap: shown as 03:30 */
		{"Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29 01:00:00"},
		{"Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24 23:59:59"},
		{"Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25 00:30:00"}, /* fold: the first 02:30 */
		{"Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25 02:00:00"},
		{"Europe/Berlin", "2100-03-28 02:30:00", "2100-03-28 01:30:00"}, /* gap by the footer */
		{"Europe/Berlin", "2100-10-31 02:30:00", "2100-10-31 00:30:00"}, /* fold by the footer */
		{"America/New_York", "2026-03-08 02:30:00", "2026-03-08 07:30:00"},
		{"America/New_York", "2026-11-01 01:30:00", "2026-11-01 05:30:00"},
		{"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 22:00:00"}, /* shown as noon of the 31st */
		{"Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30 10:00:00"},
		{"Asia/Kolkata", "2026-01-01 00:00:00", "2025-12-31 18:30:00"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct zone *z = loaded(known[i].zone);
		int64_t got = instant_s(z, seconds(known[i].local));
		if (got != seconds(known[i].utc)) {
			fail_msg("%s at %s: off by %lld s", known[i].zone, known[i].local,
			         (long long)(got - seconds(known[i].utc)));
		}
		zone_free(z);
	}
}

static void the_end_of_a_day_is_the_beginning_of_the_next(void **state)
{
	(void)state;
	struct zone *z = loaded("Europe/Berlin");
	day_number day;
	assert_true(date_parse(STR("2026-03-28"), &day));
	for (int i = 0; i < 3; i++, day++) {
		assert_true(zone_instant_us(z, day, 86400) == zone_instant_us(z, day + 1, 0));
	}
	zone_free(z);
}

static void days_of_any_number_are_safe(void **state)
{
	(void)state;
	struct zone *z = loaded("Europe/Berlin");
	assert_true(zone_instant_us(z, INT32_MAX, 0) > zone_instant_us(z, DAY_MAX, 0));
	assert_true(zone_instant_us(z, INT32_MIN, 0) < zone_instant_us(z, DAY_MIN, 0));
	struct local_time t = zone_local(z, INT64_MAX);
	assert_in_range(t.second, 0, 86399);
	t = zone_local(z, INT64_MIN);
	assert_in_range(t.second, 0, 86399);
	zone_free(z);
}

/* --- Against glibc ------------------------------------------------------------------------------------------------ */

static void use_in_glibc(const char *name)
{
	char value[128];
	snprintf(value, sizeof value, ":%s", name);
	setenv("TZ", value, 1);
	tzset();
}

static int64_t glibc_offset(int64_t utc)
{
	struct tm tm;
	time_t t = (time_t)utc;
	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_gmtoff;
}

/* What zone_instant_us() must give, by trying out every offset that was in force around that time. */
static int64_t slow_instant(int64_t local)
{
	int64_t best = INT64_MAX, most = INT64_MIN;
	for (int64_t at = local - 27 * 3600; at <= local + 27 * 3600; at += 900) {
		int64_t offset = glibc_offset(at);
		int64_t utc = local - offset;
		if (glibc_offset(utc) == offset && utc < best) {
			best = utc;
		}
		most = offset > most ? offset : most;
	}
	/* In a gap no offset fits: the one before it holds at the instant that the largest one gives. */
	return best != INT64_MAX ? best : local - glibc_offset(local - most);
}

static void compare_with_glibc(struct prng *r, const char *name)
{
	struct zone *z = loaded(name);
	use_in_glibc(name);
	static const char first[] = "1911-01-01 00:00:00", last[] = "2400-01-01 00:00:00";
	int64_t from = seconds(first), span = seconds(last) - from;
	for (int i = 0; i < 400; i++) {
		int64_t utc = from + (int64_t)prng_below(r, (uint64_t)span);
		if (i % 2 == 0) {
			/* To the next change of the offset, if one comes within a year: that is where mistakes live. */
			int64_t low = utc, high = utc + 200 * 86400, offset = glibc_offset(low);
			if (glibc_offset(high) == offset) {
				continue;
			}
			while (high - low > 1) {
				int64_t middle = low + (high - low) / 2;
				*(glibc_offset(middle) == offset ? &low : &high) = middle;
			}
			utc = low + (int64_t)prng_below(r, 3) - 1 + (prng_below(r, 2) ? 3600 * ((int64_t)prng_below(r, 5) - 2) : 0);
		}
		struct local_time t = zone_local(z, utc * US_PER_S);
		int64_t local = (int64_t)t.day * 86400 + t.second;
		if (t.offset_s != glibc_offset(utc) || local != utc + t.offset_s) {
			fail_msg("%s at %lld: offset %d, glibc %lld", name, (long long)utc, t.offset_s,
			         (long long)glibc_offset(utc));
		}
		if (i % 8 == 0) {
			int64_t wall = utc + glibc_offset(utc) + (int64_t)prng_below(r, 7200) - 3600;
			int64_t got = instant_s(z, wall), want = slow_instant(wall);
			if (got != want) {
				fail_msg("%s at local %lld: %lld, slow model %lld", name, (long long)wall, (long long)got,
				         (long long)want);
			}
		}
	}
	zone_free(z);
}

static void agrees_with_glibc_in_many_zones(void **state)
{
	(void)state;
	static const char *const always[] = {
		"Europe/Berlin",  "Europe/Dublin",    "America/New_York", "America/St_Johns",   "Africa/Casablanca",
		"Africa/Cairo",   "Asia/Shanghai",    "Asia/Tehran",      "Asia/Jerusalem",     "Asia/Gaza",
		"Asia/Kathmandu", "Pacific/Apia",     "Australia/Sydney", "Pacific/Chatham",    "Australia/Lord_Howe",
		"America/Nuuk",   "America/Santiago", "Antarctica/Troll", "Pacific/Kiritimati", "UTC",
	};
	struct prng r = seeded();
	for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
		compare_with_glibc(&r, always[i]);
	}
	static const char *const continents[] = {"Africa",    "America", "Asia",   "Atlantic",
	                                         "Australia", "Europe",  "Indian", "Pacific"};
	int compared = 0;
	for (size_t i = 0; i < sizeof continents / sizeof *continents; i++) {
		char path[300];
		snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", continents[i]);
		DIR *d = opendir(path);
		assert_non_null(d);
		for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
			/* A quarter of them a run. */
			if ((entry->d_type == DT_REG || entry->d_type == DT_LNK) && prng_below(&r, 4) == 0) {
				snprintf(path, sizeof path, "%s/%s", continents[i], entry->d_name);
				compare_with_glibc(&r, path);
				compared++;
			}
		}
		closedir(d);
	}
	assert_true(compared > 30);
	use_in_glibc("UTC");
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static void put_be(struct buf *b, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		buf_put_byte(b, (char)(v >> 8 * i));
	}
}

static void put_block(struct buf *b, const int64_t *at, size_t n, int time_bytes)
{
	buf_put(b, STR("TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	static const int64_t counts[] = {0, 0, 0, -1, 2, 8};
	for (int i = 0; i < 6; i++) {
		put_be(b, counts[i] < 0 ? (int64_t)n : counts[i], 4);
	}
	for (size_t i = 0; i < n; i++) {
		put_be(b, at[i], time_bytes);
	}
	for (size_t i = 0; i < n; i++) {
		buf_put_byte(b, (char)((i + 1) % 2));
	}
	put_be(b, 3600, 4);
	buf_put(b, STR("\0\0"));
	put_be(b, 7200, 4);
	buf_put(b, STR("\1\4"));
	buf_put(b, STR("ONE\0TWO\0"));
}

/* A file of version 2 with two offsets, one and two hours, that take turns. */
static struct str make_file(struct buf *b, const int64_t *at, size_t n, const char *footer)
{
	buf_init(b, 1 << 16);
	put_block(b, NULL, 0, 4);
	put_block(b, at, n, 8);
	buf_printf(b, "\n%s\n", footer);
	assert_false(b->failed);
	return buf_str(b);
}

static int32_t offset_at(const struct zone *z, int64_t utc)
{
	return zone_local(z, utc * US_PER_S).offset_s;
}

static void transitions_begin_at_their_second(void **state)
{
	(void)state;
	struct buf b;
	struct zone *z;
	struct err e;
	static const int64_t at[] = {-5000000000, 0, 1000};
	assert_true(zone_parse(STR("Test/Zone"), make_file(&b, at, 3, ""), &z, &e));
	assert_int_equal(offset_at(z, -5000000001), 3600);
	assert_int_equal(offset_at(z, -5000000000), 7200);
	assert_int_equal(offset_at(z, -1), 7200);
	assert_int_equal(offset_at(z, 0), 3600);
	assert_int_equal(offset_at(z, 999), 3600);
	assert_int_equal(offset_at(z, 1000), 7200);
	assert_int_equal(offset_at(z, INT64_C(1) << 40), 7200); /* without a footer the last one stays */
	assert_string_equal(zone_local(z, 0).abbreviation, "ONE");
	assert_string_equal(zone_local(z, -1).abbreviation, "TWO");
	zone_free(z);
	buf_release(&b);
}

static void footers_of_every_kind_are_followed(void **state)
{
	(void)state;
	static const struct {
		const char *footer, *utc;
		int32_t offset;
	} known[] = {
		{"UTC0", "2026-07-01 00:00:00", 0},
		{"<+0545>-5:45", "2026-07-01 00:00:00", 20700},
		{"AAA3:30:15", "2026-07-01 00:00:00", -12615},
		{"AAA-1BBB,J60/0,J300/0", "2024-02-29 22:59:59", 3600}, /* J60 is 1 March in every year */
		{"AAA-1BBB,J60/0,J300/0", "2024-02-29 23:00:00", 7200},
		{"AAA-1BBB,J60/0,J300/0", "2023-02-28 23:00:00", 7200},
		{"AAA-1BBB,59/0,300/0", "2024-02-28 22:59:59", 3600}, /* day 59 counted from 0 is 29 February in a leap year */
		{"AAA-1BBB,59/0,300/0", "2024-02-28 23:00:00", 7200},
		{"AAA-1BBB,59/0,300/0", "2023-02-28 22:59:59", 3600},
		{"AAA-1BBB,59/0,300/0", "2023-02-28 23:00:00", 7200},
		{"AAA-1BBB-4,M3.1.0,M10.5.6/-2:30", "2026-07-01 00:00:00", 14400},
		{"AAA-1BBB-4,M3.1.0,M10.5.6/-2:30", "2026-10-30 17:29:59", 14400}, /* hours before midnight */
		{"AAA-1BBB-4,M3.1.0,M10.5.6/-2:30", "2026-10-30 17:30:00", 3600},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01 00:00:00", 3600}, /* Ireland: the winter is the exception */
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01 00:00:00", 0},
		{"EST5EDT,0/0,J365/25", "2026-01-01 04:59:59", -14400}, /* summer all year, as RFC 8536 writes it */
		{"EST5EDT,0/0,J365/25", "2026-01-01 05:00:00", -14400},
		{"EST5EDT,0/0,J365/25", "2026-12-31 23:00:00", -14400},
		{"AAA0BBB,M12.5.0/167,M1.1.0/167", "2027-01-04 12:00:00", 3600}, /* begins a week late, in the next year */
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct buf b;
		struct zone *z;
		struct err e;
		assert_true(zone_parse(STR("Test/Zone"), make_file(&b, NULL, 0, known[i].footer), &z, &e));
		int32_t got = offset_at(z, seconds(known[i].utc));
		if (got != known[i].offset) {
			fail_msg("%s at %s: %d", known[i].footer, known[i].utc, got);
		}
		zone_free(z);
		buf_release(&b);
	}
}

static void footers_that_are_no_rule_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"A0",
		"AB0",
		"AAA",
		"AAA25",
		"AAA-",
		"AAA0BBB",
		"AAA0BBB,M3.5.0",
		"AAA0BBB,M13.5.0,M10.5.0",
		"AAA0BBB,M3.6.0,M10.5.0",
		"AAA0BBB,M3.0.0,M10.5.0",
		"AAA0BBB,M3.5.7,M10.5.0",
		"AAA0BBB,J0,J300",
		"AAA0BBB,J366,J300",
		"AAA0BBB,366,300",
		"AAA0BBB,M3.5.0/168,M10.5.0",
		"AAA0BBB,M3.5.0,M10.5.0x",
		"<AAA0",
		"<A A>0",
		"AAA0:60",
		"AAA0 ",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct zone_rule r;
		if (zone_rule_parse(str_of(wrong[i]), &r)) {
			fail_msg("accepted %s", wrong[i]);
		}
	}
}

static void damaged_files_are_refused_wherever_they_are_cut(void **state)
{
	(void)state;
	struct buf b;
	struct zone *z;
	struct err e;
	static const int64_t at[] = {0, 1000, 5000};
	struct str whole = make_file(&b, at, 3, "AAA-1BBB,M3.5.0,M10.5.0");
	for (size_t n = 0; n < whole.n; n++) {
		/* On the heap with the exact size, so that a read past the end is seen by the sanitizer. */
		char *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, whole.p, n);
		assert_false(zone_parse(STR("Test/Zone"), str_from(cut, n), &z, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
		free(cut);
	}
	assert_true(zone_parse(STR("Test/Zone"), whole, &z, &e));
	zone_free(z);
	buf_release(&b);
	static const int64_t back[] = {1000, 0};
	assert_false(zone_parse(STR("Test/Zone"), make_file(&b, back, 2, ""), &z, &e));
	buf_release(&b);
	static const int64_t twice[] = {1000, 1000};
	assert_false(zone_parse(STR("Test/Zone"), make_file(&b, twice, 2, ""), &z, &e));
	buf_release(&b);
}

static void rubbish_in_a_file_never_harms(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct buf b;
	static const int64_t at[] = {0, 1000, 5000};
	struct str whole = make_file(&b, at, 3, "AAA-1BBB,M3.5.0,M10.5.0");
	for (int i = 0; i < 20000; i++) {
		char *copy = malloc(whole.n);
		assert_non_null(copy);
		memcpy(copy, whole.p, whole.n);
		for (uint64_t n = 1 + prng_below(&r, 3); n > 0; n--) {
			copy[prng_below(&r, whole.n)] = (char)prng_next(&r);
		}
		struct zone *z;
		if (zone_parse(STR("Test/Zone"), str_from(copy, whole.n), &z, NULL)) {
			struct local_time t = zone_local(z, (int64_t)prng_next(&r) >> 12);
			assert_in_range(t.second, 0, 86399);
			zone_instant_us(z, (day_number)prng_below(&r, 100000), 0);
			zone_free(z);
		}
		free(copy);
	}
	buf_release(&b);
}

static void names_cannot_leave_the_folder(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		"/etc/passwd",
		"../etc/passwd",
		"Europe/../../../etc/passwd",
		"Europe//Berlin",
		"Europe/",
		"Europe/.",
		".",
		"Europe/Ber lin",
		"Europe\\Berlin",
		"-x",
		"Europe/\xC3\x84",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct zone *z;
	struct err e;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(zone_load(str_of(wrong[i]), &z, &e));
		assert_int_equal(e.code, ERR_INVALID);
	}
	assert_false(zone_load(STR("Europe/Berlin\0x"), &z, &e));
	assert_int_equal(e.code, ERR_INVALID);
	static const char *const unknown[] = {"Europe/Atlantis", "Europe", "Europe/Berlin/Mitte"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		assert_false(zone_load(str_of(unknown[i]), &z, &e));
		assert_int_equal(e.code, ERR_NOT_FOUND);
	}
}

static void a_machine_without_zones_is_told_what_to_install(void **state)
{
	(void)state;
	struct zone *z;
	struct err e;
	setenv("TZDIR", "/nonexistent/zoneinfo", 1);
	assert_false(zone_load(STR("Europe/Berlin"), &z, &e));
	unsetenv("TZDIR");
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.text,
	                    "there is no time zone database in /nonexistent/zoneinfo: install the package tzdata, or "
	                    "set TZDIR to its folder");
}

static void files_that_are_no_zones_are_refused(void **state)
{
	(void)state;
	char folder[300], path[320];
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/zone-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/Text", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("not a zone", f);
	fclose(f);
	char pipe_path[320];
	snprintf(pipe_path, sizeof pipe_path, "%s/Pipe", folder);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	setenv("TZDIR", folder, 1);
	struct zone *z;
	struct err e;
	assert_false(zone_load(STR("Text"), &z, &e));
	assert_int_equal(e.code, ERR_CORRUPT);
	assert_false(zone_load(STR("Pipe"), &z, &e)); /* and it does not wait for a writer */
	assert_int_equal(e.code, ERR_NOT_FOUND);
	unsetenv("TZDIR");
	unlink(path);
	unlink(pipe_path);
	rmdir(folder);
}

#ifdef CITYHALL_FAULT
static void out_of_memory_is_an_ordinary_error(void **state)
{
	(void)state;
	bool ok = false;
	for (uint64_t n = 1; !ok; n++) {
		struct zone *z;
		struct err e;
		fault_arm(FAULT_ALLOC, n);
		ok = zone_load(STR("Europe/Berlin"), &z, &e);
		fault_arm(FAULT_ALLOC, 0);
		if (ok) {
			assert_true(n > 4);
			zone_free(z);
		} else {
			assert_int_equal(e.code, ERR_MEMORY);
		}
	}
}
#endif

static void a_stretch_of_time_is_written_as_text(void **state)
{
	(void)state;
	struct zone *z;
	struct err e;
	struct buf text;
	assert_true(zone_load(STR("Europe/Berlin"), &z, &e));
	buf_init(&text, 1000);
	day_number first = date_to_day((struct date){2026, 1, 1});
	zone_write(z, zone_instant_us(z, first, 0), zone_instant_us(z, first + 365, 0), &text);
	assert_str(buf_str(&text), "+01:00 CET\n2026-03-29T01:00:00Z +02:00 CEST\n2026-10-25T01:00:00Z +01:00 CET\n");
	buf_reset(&text);
	zone_write(z, zone_instant_us(z, first, 0), zone_instant_us(z, first + 31, 0), &text);
	assert_str(buf_str(&text), "+01:00 CET\n");
	buf_reset(&text);
	zone_free(z);
	assert_true(zone_load(STR("America/St_Johns"), &z, &e));
	zone_write(z, 0, 0, &text);
	assert_str(buf_str(&text), "-03:30 NST\n");
	zone_free(z);
	buf_release(&text);
}

static void what_was_written_shows_the_same_times(void **state)
{
	(void)state;
	static const char *const names[] = {"Europe/Berlin", "Asia/Kolkata",        "America/St_Johns",
	                                    "Pacific/Apia",  "Australia/Lord_Howe", "Africa/Casablanca"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct zone *z, *copy;
		struct err e;
		struct buf text, again;
		buf_init(&text, 1 << 16);
		buf_init(&again, 1 << 16);
		assert_true(zone_load(str_of(names[i]), &z, &e));
		day_number first = date_to_day((struct date){2008, 1, 1}), last = date_to_day((struct date){2030, 12, 31});
		int64_t from = zone_instant_us(z, first, 0), until = zone_instant_us(z, last, 86400);
		zone_write(z, from, until, &text);
		assert_true(zone_read(str_of(names[i]), buf_str(&text), &copy, &e));
		zone_write(copy, from, until, &again);
		assert_true(str_eq(buf_str(&text), buf_str(&again)));
		for (int64_t at = from; at < until; at += 3607 * US_PER_S) {
			struct local_time a = zone_local(z, at), b = zone_local(copy, at);
			assert_memory_equal(&a, &b, sizeof a);
		}
		for (day_number day = first; day <= last; day++) {
			assert_true(zone_instant_us(z, day, 9000) == zone_instant_us(copy, day, 9000));
		}
		zone_free(z);
		zone_free(copy);
		buf_release(&text);
		buf_release(&again);
	}
	static const char *const wrong[] = {"",
	                                    "+1:00 CET",
	                                    "+01:00",
	                                    "+01:00 ",
	                                    "+01:00 ABCDEFGH",
	                                    "01:00 CET",
	                                    "+99:00 CET",
	                                    "+01:00:00:00 CET",
	                                    "+01:00 CET\n2026-03-29 +02:00 CEST",
	                                    "+01:00 CET\n2026-03-29T01:00:00Z",
	                                    "+01:00 CET\n2026-03-29T25:00:00Z +02:00 CEST",
	                                    "+01:00 CET\n2026-03-29T01:00:00Z +02:00 A\n2026-03-29T01:00:00Z +01:00 B"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct zone *z;
		struct err e;
		assert_false(zone_read(STR("Europe/Berlin"), str_of(wrong[i]), &z, &e));
		assert_int_equal(e.code, ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_instants_have_their_local_times),
		cmocka_unit_test(gaps_read_later_and_folds_read_earlier),
		cmocka_unit_test(the_end_of_a_day_is_the_beginning_of_the_next),
		cmocka_unit_test(days_of_any_number_are_safe),
		cmocka_unit_test(agrees_with_glibc_in_many_zones),
		cmocka_unit_test(transitions_begin_at_their_second),
		cmocka_unit_test(footers_of_every_kind_are_followed),
		cmocka_unit_test(footers_that_are_no_rule_are_refused),
		cmocka_unit_test(damaged_files_are_refused_wherever_they_are_cut),
		cmocka_unit_test(rubbish_in_a_file_never_harms),
		cmocka_unit_test(names_cannot_leave_the_folder),
		cmocka_unit_test(a_machine_without_zones_is_told_what_to_install),
		cmocka_unit_test(files_that_are_no_zones_are_refused),
		cmocka_unit_test(a_stretch_of_time_is_written_as_text),
		cmocka_unit_test(what_was_written_shows_the_same_times),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(out_of_memory_is_an_ordinary_error),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
