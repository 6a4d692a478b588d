#include "base/code128.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/unit.h"

static void assert_begins(const char *text, const char *widths, uint32_t modules)
{
	struct code128 c;
	assert_true(code128_make(str_of(text), &c));
	assert_int_equal(c.modules, modules);
	for (size_t i = 0; widths[i]; i++) {
		assert_int_equal(c.widths[i], widths[i] - '0');
	}
}

static void letters_take_a_symbol_and_two_digits_one(void **state)
{
	(void)state;
	/* Start B, P, check, stop: 3 * 11 + 13. */
	assert_begins("P", "211214313121", 46);
	/* Start C, 12, 34, check, stop. */
	assert_begins("1234", "211232112232131123", 57);
	/* Start B, A, to C, 1234, check, stop; and three digits are not worth a change. */
	assert_begins("A1234", "211214111323113141112232131123", 79);
	assert_begins("A123", "211214111323123221223211221132", 79);
	/* An odd run: its first digit in B. */
	assert_begins("A12345", "211214111323123221113141", 90);
}

static void sums_are_those_of_the_standard(void **state)
{
	(void)state;
	/* By hand: B(104) + 1 * 'W'(55) + 2 * 'i'(73) + 3 * 'k'(75) + 4 * 'i'(73) + 5 * 'p'(80) + 6 * 'e'(69) + 7 * 'd'(68)
	 * + 8 * 'i'(73) + 9 * 'a'(65) = 3281, modulo 103: 88, which is 421211. */
	struct code128 c;
	assert_true(code128_make(STR("Wikipedia"), &c));
	static const uint8_t check[] = {4, 2, 1, 2, 1, 1};
	assert_memory_equal(c.widths + c.width_n - 7 - 6, check, sizeof check);
}

static void what_no_scanner_types_is_refused(void **state)
{
	(void)state;
	struct code128 c;
	assert_false(code128_make(STR(""), &c));
	assert_false(code128_make(STR("\n"), &c));
	assert_false(code128_make(STR("许可"), &c));
	char longest[CODE128_TEXT_MAX + 2];
	memset(longest, 'A', sizeof longest);
	assert_true(code128_make((struct str){longest, CODE128_TEXT_MAX}, &c));
	assert_false(code128_make((struct str){longest, CODE128_TEXT_MAX + 1}, &c));
}

/* Every printing character, read back by another program. */
static void a_scanner_reads_it(void **state)
{
	(void)state;
	static const char *const texts[] = {"PL-2026-048176-71",
	                                    "PL-2026-1234567-08",
	                                    "0123456789",
	                                    "~ !\"#$%&'()*+,./:;<=>?",
	                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`",
	                                    "abcdefghijklmnopqrstuvwxyz{|}~@",
	                                    "77-1234-9"};
	for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
		struct code128 c;
		char path[] = "/tmp/code128-XXXXXX", command[128], said[128] = "";
		assert_true(code128_make(str_of(texts[t]), &c));
		int fd = mkstemp(path);
		FILE *f = fdopen(fd, "w");
		enum { QUIET = 10, HEIGHT = 60, SCALE = 3 };
		unsigned width = (c.modules + 2 * QUIET) * SCALE;
		fprintf(f, "P1\n%u %d\n", width, HEIGHT);
		for (int y = 0; y < HEIGHT; y++) {
			for (int i = 0; i < QUIET * SCALE; i++) {
				fputs("0 ", f);
			}
			for (size_t i = 0; i < c.width_n; i++) {
				for (int k = 0; k < c.widths[i] * SCALE; k++) {
					fputs(i % 2 == 0 ? "1 " : "0 ", f);
				}
			}
			for (int i = 0; i < QUIET * SCALE; i++) {
				fputs("0 ", f);
			}
			fputc('\n', f);
		}
		fclose(f);
		snprintf(command, sizeof command, "zbarimg --raw -q --nodbus -Sdisable -Scode128.enable pbm:%s", path);
		FILE *p = popen(command, "r");
		assert_non_null(p);
		assert_non_null(fgets(said, sizeof said, p));
		pclose(p);
		unlink(path);
		said[strcspn(said, "\n")] = '\0';
		assert_string_equal(said, texts[t]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_take_a_symbol_and_two_digits_one),
		cmocka_unit_test(sums_are_those_of_the_standard),
		cmocka_unit_test(what_no_scanner_types_is_refused),
		cmocka_unit_test(a_scanner_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
