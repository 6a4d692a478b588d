#include "base/caseno.h"

#include <ctype.h>

#include "base/id.h"
#include "unit/unit.h"

static void assert_written(const char *jurisdiction, int year, uint64_t serial, const char *want)
{
	struct caseno n, back;
	char text[CASENO_CHARS_MAX + 1];
	assert_true(caseno_make(str_of(jurisdiction), year, serial, &n));
	caseno_format(&n, text);
	assert_string_equal(text, want);
	assert_true(caseno_parse(str_of(text), &back));
	assert_string_equal(back.jurisdiction, jurisdiction);
	assert_int_equal(back.year, year);
	assert_true(back.serial == serial);
}

static void is_written_in_one_way(void **state)
{
	(void)state;
	/* By hand: P = 25, L = 21, and 98 - 25212026048176 * 100 mod 97. */
	uint64_t by_hand = 98 - (UINT64_C(25212026048176) % 97 * 100) % 97;
	char want[40];
	snprintf(want, sizeof want, "PL-2026-048176-%02u", (unsigned)by_hand);
	assert_string_equal(want, "PL-2026-048176-71");
	assert_written("PL", 2026, 48176, want);
	snprintf(want, sizeof want, "PL-2026-000001-%02d", check_mod97(STR("PL2026000001")));
	assert_written("PL", 2026, 1, want);
	snprintf(want, sizeof want, "PORTLIND-9999-999999999999-%02d", check_mod97(STR("PORTLIND9999999999999999")));
	assert_int_equal(strlen(want), CASENO_CHARS_MAX);
	assert_written("PORTLIND", 9999, CASENO_SERIAL_MAX, want);
}

static void parts_out_of_range_make_no_number(void **state)
{
	(void)state;
	struct caseno n;
	assert_false(caseno_make(STR("P"), 2026, 1, &n));
	assert_false(caseno_make(STR("PORTLINDE"), 2026, 1, &n));
	assert_false(caseno_make(STR("pl"), 2026, 1, &n));
	assert_false(caseno_make(STR("P1"), 2026, 1, &n));
	assert_false(caseno_make(STR("PL"), 1969, 1, &n));
	assert_false(caseno_make(STR("PL"), 10000, 1, &n));
	assert_false(caseno_make(STR("PL"), 2026, 0, &n));
	assert_false(caseno_make(STR("PL"), 2026, CASENO_SERIAL_MAX + 1, &n));
}

/* PL-2026-048176-71, made and not written down: what is tested here is the reading. */
static void sample(char out[CASENO_CHARS_MAX + 1])
{
	struct caseno n;
	assert_true(caseno_make(STR("PL"), 2026, 48176, &n));
	caseno_format(&n, out);
}

static void typed_numbers_are_understood(void **state)
{
	(void)state;
	char good[CASENO_CHARS_MAX + 1];
	sample(good);
	const char *check = good + strlen(good) - 2;
	char text[200];
	static const char *const shapes[] = {
		"PL-2026-048176-%s",
		"pl-2026-048176-%s",
		"pl2026048176%s",
		"  Pl 2026 048176 %s\r\n",
		"PL.2026/048176_%s",
		"P L - 2026 - 048 176 - %s",
		"PL\xE2\x80\x93"
		"2026\xE2\x80\x91"
		"048176\xE2\x88\x92%s",
		"PL\xC2\xA0"
		"2026\xE3\x80\x80"
		"048176\xE2\x80\x8B-%s",
		"\xEF\xBC\xB0\xEF\xBD\x8C\xEF\xBC\x8D\xEF\xBC\x92\xEF\xBC\x90\xEF\xBC\x92\xEF\xBC\x96-048176-%s",
	};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct str head, tail;
		assert_true(str_cut(str_of(shapes[i]), '%', &head, &tail));
		snprintf(text, sizeof text, "%.*s%s%.*s", STR_ARG(head), check, (int)tail.n - 1, tail.p + 1);
		struct caseno n;
		char canonical[CASENO_CHARS_MAX + 1];
		if (!caseno_parse_typed(str_of(text), &n)) {
			fail_msg("refused: %s", text);
		}
		caseno_format(&n, canonical);
		assert_string_equal(canonical, good);
		assert_int_equal(caseno_parse(str_of(text), &n), strcmp(text, good) == 0);
	}
}

static void every_single_slip_is_found(void **state)
{
	(void)state;
	char good[CASENO_CHARS_MAX + 1], bad[CASENO_CHARS_MAX + 1];
	sample(good);
	size_t n = strlen(good);
	struct caseno out;
	for (size_t i = 0; i < n; i++) {
		static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
		for (size_t k = 0; k < sizeof others - 1 && good[i] != '-'; k++) {
			memcpy(bad, good, n + 1);
			bad[i] = others[k];
			assert_int_equal(caseno_parse_typed(str_of(bad), &out), others[k] == good[i]);
		}
		if (i + 1 < n && good[i] != good[i + 1] && good[i] != '-' && good[i + 1] != '-') {
			memcpy(bad, good, n + 1);
			bad[i] = good[i + 1];
			bad[i + 1] = good[i];
			assert_false(caseno_parse_typed(str_of(bad), &out));
		}
	}
}

static void strangers_are_refused(void **state)
{
	(void)state;
	struct caseno out;
	char text[100];
	static const char *const wrong[] = {
		"",
		"-",
		"PL",
		"PL-2026",
		"2026048176",
		"PL-2026-048176",
		"PL-26-048176-37",
		"PL-2026-48176-37",
		"PL-2026-048176-37-PL",
		"P\xC3\x84-2026-048176-37",
		"PL-2O26-048176-37",
		"PL;2026;048176;37",
		"PLPLPLPLPLPLPLPLPLPLPLPLPLPLPLPLPLPLPL",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(caseno_parse(str_of(wrong[i]), &out));
		assert_false(caseno_parse_typed(str_of(wrong[i]), &out));
	}
	/* Right check digits do not help: a serial with needless zeros, a serial of 0, a year of before all computers. */
	static const char *const bare[] = {"PL20260048176", "PL2026000000", "PL1969000001", "P12026000001", "P2026000001"};
	for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
		snprintf(text, sizeof text, "%s%02d", bare[i], check_mod97(str_of(bare[i])));
		assert_false(caseno_parse_typed(str_of(text), &out));
	}
	sample(text);
	assert_false(caseno_parse_typed((struct str){text, strlen(text) + 1}, &out)); /* with the NUL */
}

static void random_numbers_come_back(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int i = 0; i < 20000; i++) {
		char jurisdiction[9] = "", text[CASENO_CHARS_MAX + 1];
		uint64_t letters = 2 + prng_below(&r, 7);
		for (uint64_t k = 0; k < letters; k++) {
			jurisdiction[k] = (char)('A' + prng_below(&r, 26));
		}
		struct caseno n, back;
		uint64_t limit = prng_below(&r, 2) ? 2000000 : CASENO_SERIAL_MAX;
		assert_true(
			caseno_make(str_of(jurisdiction), 1970 + (int32_t)prng_below(&r, 8030), 1 + prng_below(&r, limit), &n));
		caseno_format(&n, text);
		assert_true(caseno_parse(str_of(text), &back));
		assert_string_equal(back.jurisdiction, jurisdiction);
		assert_true(back.year == n.year && back.serial == n.serial);
		for (char *p = text; *p; p++) {
			*p = (char)tolower(*p);
		}
		assert_false(caseno_parse(str_of(text), &back));
		assert_true(caseno_parse_typed(str_of(text), &back));
		assert_true(back.year == n.year && back.serial == n.serial);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_written_in_one_way),        cmocka_unit_test(parts_out_of_range_make_no_number),
		cmocka_unit_test(typed_numbers_are_understood), cmocka_unit_test(every_single_slip_is_found),
		cmocka_unit_test(strangers_are_refused),        cmocka_unit_test(random_numbers_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
