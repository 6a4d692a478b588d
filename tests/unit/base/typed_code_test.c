#include "base/typed_code.h"

#include "base/rand.h"
#include "unit/unit.h"

enum { N = 8 };

static void make(char out[N + 1])
{
	uint8_t random[N];
	rand_bytes(random, sizeof random);
	typed_code_make(random, N, out);
}

static void one_wrong_character_is_found(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char code[N + 1], back[N + 1];
	make(code);
	assert_true(typed_code_parse(str_of(code), N, back));
	assert_string_equal(back, code);
	for (size_t i = 0; i < N; i++) {
		for (const char *c = alphabet; *c; c++) {
			char wrong[N + 1];
			memcpy(wrong, code, sizeof wrong);
			wrong[i] = *c;
			assert_int_equal(typed_code_parse(str_of(wrong), N, back), *c == code[i]);
		}
	}
}

static void any_two_swapped_are_found(void **state)
{
	(void)state;
	char code[N + 1], back[N + 1];
	make(code);
	for (size_t i = 0; i < N; i++) {
		for (size_t k = i + 1; k < N; k++) {
			char wrong[N + 1];
			memcpy(wrong, code, sizeof wrong);
			wrong[i] = code[k];
			wrong[k] = code[i];
			assert_int_equal(typed_code_parse(str_of(wrong), N, back), code[i] == code[k]);
		}
	}
}

static void is_read_as_people_type_it(void **state)
{
	(void)state;
	char code[N + 1], back[N + 1];
	const uint8_t zeros[N] = {0}, ones[N] = {1, 1, 1, 1, 1, 1, 1};
	typed_code_make(zeros, N, code);
	assert_string_equal(code, "00000000");
	assert_true(typed_code_parse(STR("OOoo-0000"), N, back));
	assert_string_equal(back, code);
	assert_true(typed_code_parse(STR(" ００００－００００ "), N, back));
	assert_string_equal(back, code);
	typed_code_make(ones, N, code);
	char typed[2 * N + 1];
	size_t n = 0;
	for (size_t i = 0; i < N; i++) {
		typed[n++] = code[i] == '1' ? (i % 2 ? 'l' : 'I') : code[i];
	}
	typed[n] = '\0';
	assert_true(typed_code_parse(str_of(typed), N, back));
	assert_string_equal(back, code);
	assert_false(typed_code_parse(STR("0000000"), N, back));
	assert_false(typed_code_parse(STR("000000000"), N, back));
	assert_false(typed_code_parse(STR("0000U000"), N, back));
	assert_false(typed_code_parse(STR(""), N, back));
	assert_false(typed_code_parse(STR("\xff\xfe"), N, back));
	struct buf b;
	buf_init(&b, 64);
	typed_code_put(&b, STR("7K3M9QXT"));
	assert_true(str_is(buf_str(&b), "7K3M-9QXT"));
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_wrong_character_is_found),
		cmocka_unit_test(any_two_swapped_are_found),
		cmocka_unit_test(is_read_as_people_type_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
