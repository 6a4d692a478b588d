#include "store/column_keys.h"

#include <sodium.h>

#include "base/digest.h"
#include "base/rand.h"

enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD = 1 + NONCE,
};

static bool is_full(struct err *e)
{
	return err_set(e, ERR_MEMORY, "an encrypted column needs more memory than there is");
}

bool column_seal(const struct column_keys *k, struct arena *a, struct str ad, struct str plain, struct str *out,
                 struct err *e)
{
	*out = STR_EMPTY;
	if (plain.n > SIZE_MAX / 2) {
		return is_full(e);
	}
	uint8_t *p = arena_new(a, uint8_t, HEAD + plain.n + TAG);
	if (p == NULL) {
		return is_full(e);
	}
	p[0] = k->key_id;
	rand_bytes(p + 1, NONCE); /* 192 random bits never repeat: no counter to keep */
	unsigned long long n = 0;
	must(crypto_aead_xchacha20poly1305_ietf_encrypt(p + HEAD, &n, (const uint8_t *)plain.p, plain.n,
	                                                (const uint8_t *)ad.p, ad.n, NULL, p + 1, k->data_key) == 0);
	*out = str_from(p, HEAD + (size_t)n);
	return true;
}

bool column_open(const struct column_keys *k, struct arena *a, struct str ad, struct str sealed, struct str *out,
                 struct err *e)
{
	*out = STR_EMPTY;
	if (sealed.n < HEAD + TAG) {
		return err_set(e, ERR_CORRUPT, "an encrypted column has only %zu bytes", sealed.n);
	}
	const uint8_t *p = (const uint8_t *)sealed.p;
	if (p[0] != k->key_id) {
		return err_set(e, ERR_CONFIG, "a column is encrypted with key %u, but key %u is loaded", p[0], k->key_id);
	}
	size_t n = sealed.n - HEAD - TAG;
	uint8_t *plain = arena_new(a, uint8_t, n + 1);
	if (plain == NULL) {
		return is_full(e);
	}
	unsigned long long opened = 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &opened, NULL, p + HEAD, sealed.n - HEAD,
	                                               (const uint8_t *)ad.p, ad.n, p + 1, k->data_key) != 0) {
		return err_set(e, ERR_CORRUPT,
		               "an encrypted column does not open: it was changed, moved, or the key is another");
	}
	*out = str_from(plain, n);
	return true;
}

/* HMAC over the length of `what`, `what`, and the digest of the text: no two pairs read alike, and nothing is
 * allocated. */
void column_hash(const struct column_keys *k, struct str what, struct str plain, uint8_t out[32])
{
	uint8_t message[1 + 64 + SHA256_BYTES];
	must(what.n <= 64);
	message[0] = (uint8_t)what.n;
	memcpy(message + 1, what.p, what.n);
	sha256_of(plain, message + 1 + what.n);
	hmac_sha256(str_from(k->hash_key, sizeof k->hash_key), str_from(message, 1 + what.n + SHA256_BYTES), out);
}
