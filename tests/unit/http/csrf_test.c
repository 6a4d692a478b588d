#include "../unit.h"
#include "http/csrf.h"

static const uint8_t key[32] = {1};
static const uint8_t other_key[32] = {2};

static void base64url_is_the_one_of_rfc_4648(void **state)
{
	(void)state;
	uint8_t bytes[32];
	char text[43];
	for (int i = 0; i < 32; i++) {
		bytes[i] = (uint8_t)(0xF8 + i);
	}
	base64url_32(bytes, text);
	assert_str(str_from(text, 43), "-Pn6-_z9_v8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc");
}

static void a_token_belongs_to_one_sid_and_one_key(void **state)
{
	(void)state;
	char sid[SID_CHARS];
	char other[SID_CHARS];
	char token[CSRF_CHARS];
	sid_make(sid);
	sid_make(other);
	struct str s = str_from(sid, sizeof sid);
	struct str t = str_from(token, sizeof token);
	csrf_token(key, s, token);
	assert_true(csrf_is_valid(key, s, t));
	assert_false(csrf_is_valid(key, str_from(other, sizeof other), t));
	assert_false(csrf_is_valid(other_key, s, t));
	assert_false(csrf_is_valid(key, s, str_sub(t, 0, 42)));
	assert_false(csrf_is_valid(key, s, STR_EMPTY));
	assert_false(csrf_is_valid(key, STR_EMPTY, t));
	for (size_t i = 0; i < sizeof token; i++) {
		token[i] ^= 1;
		assert_false(csrf_is_valid(key, s, t));
		token[i] ^= 1;
	}
}

static void only_what_we_write_is_a_sid(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int i = 0; i < 1000; i++) {
		uint8_t bytes[32];
		char sid[43];
		for (int k = 0; k < 32; k++) {
			bytes[k] = (uint8_t)prng_next(&r);
		}
		base64url_32(bytes, sid);
		struct str s = str_from(sid, sizeof sid);
		assert_true(sid_is_valid(s));
		assert_false(sid_is_valid(str_sub(s, 0, 42)));
		/* the same bytes in another spelling */
		sid[42]++;
		assert_false(sid_is_valid(s));
		sid[42]--;
		sid[prng_below(&r, 43)] = "+/=\0 ."[prng_below(&r, 6)];
		assert_false(sid_is_valid(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_is_the_one_of_rfc_4648),
		cmocka_unit_test(a_token_belongs_to_one_sid_and_one_key),
		cmocka_unit_test(only_what_we_write_is_a_sid),
	};
	return cmocka_run_group_tests_name("csrf", tests, NULL, NULL);
}
