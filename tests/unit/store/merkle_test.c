#include "store/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

/* The examples of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test). */
static const char *const leaves[8] = {
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
};
static const char *const roots[9] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void the_published_trees_have_the_published_roots(void **state)
{
	(void)state;
	struct merkle m;
	merkle_init(&m);
	for (size_t i = 0; i <= 8; i++) {
		uint8_t want[SHA256_BYTES], got[SHA256_BYTES], bytes[16], leaf[SHA256_BYTES];
		assert_true(str_to_bytes(str_of(roots[i]), want, sizeof want));
		merkle_root(&m, got);
		assert_memory_equal(got, want, sizeof want);
		if (i < 8) {
			size_t n = strlen(leaves[i]) / 2;
			assert_true(str_to_bytes(str_of(leaves[i]), bytes, n));
			merkle_leaf(str_from(bytes, n), leaf);
			merkle_add(&m, leaf);
		}
	}
}

/* As the RFC defines it: split at the largest power of two below n. */
static void by_definition(uint8_t (*leaf)[SHA256_BYTES], size_t n, uint8_t out[SHA256_BYTES])
{
	if (n == 1) {
		memcpy(out, leaf, SHA256_BYTES);
		return;
	}
	size_t k = 1;
	while (k * 2 < n) {
		k *= 2;
	}
	uint8_t both[1 + 2 * SHA256_BYTES] = {1};
	by_definition(leaf, k, both + 1);
	by_definition(leaf + k, n - k, both + 1 + SHA256_BYTES);
	sha256_of(str_from(both, sizeof both), out);
}

static void trees_of_every_size_agree_with_the_definition(void **state)
{
	(void)state;
	enum { MOST = 130 };
	uint8_t leaf[MOST][SHA256_BYTES];
	struct merkle m;
	merkle_init(&m);
	for (size_t i = 0; i < MOST; i++) {
		uint8_t want[SHA256_BYTES], got[SHA256_BYTES];
		merkle_leaf(str_from(&i, sizeof i), leaf[i]);
		merkle_add(&m, leaf[i]);
		by_definition(leaf, i + 1, want);
		merkle_root(&m, got);
		assert_memory_equal(got, want, sizeof want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_trees_have_the_published_roots),
		cmocka_unit_test(trees_of_every_size_agree_with_the_definition),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
