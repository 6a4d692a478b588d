#include "../unit.h"
#include "base/digest.h"
#include "http/csrf.h"

static void sid_make(char out[SID_CHARS])
{
	uint8_t bytes[SID_BYTES];
	rand_bytes(bytes, sizeof bytes);
	base64url_32(bytes, out);
}

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
	struct csrf_key k;
	struct csrf_key other_key;
	uint8_t bytes[32] = {1};
	csrf_key_init(&k, bytes);
	bytes[0] = 2;
	csrf_key_init(&other_key, bytes);
	sid_make(sid);
	sid_make(other);
	struct str s = str_from(sid, sizeof sid);
	struct str t = str_from(token, sizeof token);
	csrf_token(&k, s, token);
	assert_true(csrf_is_valid(&k, s, t));
	assert_false(csrf_is_valid(&k, str_from(other, sizeof other), t));
	assert_false(csrf_is_valid(&other_key, s, t));
	assert_false(csrf_is_valid(&k, s, str_sub(t, 0, 42)));
	assert_false(csrf_is_valid(&k, s, STR_EMPTY));
	assert_false(csrf_is_valid(&k, STR_EMPTY, t));
	for (size_t i = 0; i < sizeof token; i++) {
		token[i] ^= 1;
		assert_false(csrf_is_valid(&k, s, t));
		token[i] ^= 1;
	}
}

static void the_token_is_hmac_sha_256_of_the_sid(void **state)
{
	(void)state;
	uint8_t bytes[32] = {9};
	uint8_t mac[SHA256_BYTES];
	char want[43];
	char sid[SID_CHARS];
	char token[CSRF_CHARS];
	struct csrf_key k;
	csrf_key_init(&k, bytes);
	sid_make(sid);
	csrf_token(&k, str_from(sid, sizeof sid), token);
	hmac_sha256(str_from(bytes, 32), str_from(sid, sizeof sid), mac);
	base64url_32(mac, want);
	assert_memory_equal(token, want, sizeof want);
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
		cmocka_unit_test(the_token_is_hmac_sha_256_of_the_sid),
		cmocka_unit_test(only_what_we_write_is_a_sid),
	};
	return cmocka_run_group_tests_name("csrf", tests, NULL, NULL);
}
