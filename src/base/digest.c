#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/err.h"

/* Fetching an algorithm by name costs more than hashing a short text: it is done once. The HMAC context is set up but
 * has no key; each call works on a copy. Written once under `once`, read-only after that, kept to the end of the
 * process. OpenSSL fails here only when memory is out or it is broken: both end the process. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *md;
static EVP_MAC_CTX *hmac;

static void fetch(void)
{
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(md != NULL && mac != NULL);
	hmac = EVP_MAC_CTX_new(mac);
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	must(hmac != NULL && EVP_MAC_CTX_set_params(hmac, params) == 1);
	EVP_MAC_free(mac); /* the context holds it */
}

void sha256_of(struct str bytes, uint8_t out[SHA256_BYTES])
{
	pthread_once(&once, fetch);
	unsigned n = 0;
	must(EVP_Digest(bytes.p, bytes.n, out, &n, md, NULL) == 1 && n == SHA256_BYTES);
}

/* struct sha256 is never completed: it is OpenSSL's context under our name. */
struct sha256 *sha256_new(void)
{
	pthread_once(&once, fetch);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	must(c != NULL && EVP_DigestInit_ex2(c, md, NULL) == 1);
	return (struct sha256 *)c;
}

void sha256_add(struct sha256 *h, struct str bytes)
{
	must(EVP_DigestUpdate((EVP_MD_CTX *)h, bytes.p, bytes.n) == 1);
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_BYTES])
{
	EVP_MD_CTX *c = (EVP_MD_CTX *)h;
	unsigned n = 0;
	must(EVP_DigestFinal_ex(c, out, &n) == 1 && n == SHA256_BYTES);
	EVP_MD_CTX_free(c);
}

void hmac_sha256(struct str key, struct str bytes, uint8_t out[SHA256_BYTES])
{
	pthread_once(&once, fetch);
	EVP_MAC_CTX *c = EVP_MAC_CTX_dup(hmac);
	size_t n = 0;
	must(c != NULL && EVP_MAC_init(c, (const unsigned char *)key.p, key.n, NULL) == 1);
	must(EVP_MAC_update(c, (const unsigned char *)bytes.p, bytes.n) == 1);
	must(EVP_MAC_final(c, out, &n, SHA256_BYTES) == 1 && n == SHA256_BYTES);
	EVP_MAC_CTX_free(c);
}
