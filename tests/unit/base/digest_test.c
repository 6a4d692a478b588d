#include "base/digest.h"

#include <pthread.h>

#include "unit/unit.h"

static void assert_digest(const uint8_t *got, const char *hex)
{
	uint8_t want[SHA256_BYTES];
	assert_true(str_to_bytes(str_of(hex), want, sizeof want));
	assert_memory_equal(got, want, sizeof want);
}

static void sha256_gives_the_digests_of_fips_180(void **state)
{
	(void)state;
	uint8_t out[SHA256_BYTES];
	sha256_of(STR_EMPTY, out);
	assert_digest(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_of(STR("abc"), out);
	assert_digest(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_of(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), out);
	assert_digest(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void streaming_gives_what_one_piece_gives(void **state)
{
	(void)state;
	struct prng r = seeded();
	char bytes[5000];
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (char)prng_next(&r);
	}
	struct str rest = {bytes, sizeof bytes};
	uint8_t whole[SHA256_BYTES], pieces[SHA256_BYTES];
	sha256_of(rest, whole);
	struct sha256 *h = sha256_new();
	while (rest.n > 0) {
		struct str piece = str_sub(rest, 0, prng_below(&r, 200));
		sha256_add(h, piece);
		rest = str_sub(rest, piece.n, rest.n);
	}
	sha256_end(h, pieces);
	assert_memory_equal(whole, pieces, sizeof whole);
}

static void hmac_gives_the_digests_of_rfc_4231(void **state)
{
	(void)state;
	uint8_t out[SHA256_BYTES];
	hmac_sha256(STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
	            STR("Hi There"), out);
	assert_digest(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
	assert_digest(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	char key[131];
	memset(key, 0xAA, sizeof key);
	hmac_sha256(str_from(key, sizeof key), STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_digest(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256(STR_EMPTY, STR_EMPTY, out);
	assert_digest(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void *keyed_many_times(void *arg)
{
	bool *ok = arg;
	*ok = true;
	for (int i = 0; i < 2000; i++) {
		uint8_t out[SHA256_BYTES], want[SHA256_BYTES];
		hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
		*ok =
			*ok &&
			str_to_bytes(STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), want, sizeof want) &&
			memcmp(out, want, sizeof want) == 0;
	}
	return NULL;
}

static void threads_share_the_algorithms(void **state)
{
	(void)state;
	pthread_t threads[4];
	bool ok[4];
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, keyed_many_times, &ok[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_true(ok[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_digests_of_fips_180),
		cmocka_unit_test(streaming_gives_what_one_piece_gives),
		cmocka_unit_test(hmac_gives_the_digests_of_rfc_4231),
		cmocka_unit_test(threads_share_the_algorithms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
