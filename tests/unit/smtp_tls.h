/* TLS for the mail server of the tests, with an authority of its own that is made anew each time. */
#ifndef CITYHALL_TESTS_SMTP_TLS_H
#define CITYHALL_TESTS_SMTP_TLS_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "smtp_server.h"

static inline ssize_t tls_read(void *cookie, char *to, size_t n)
{
	int got = SSL_read(cookie, to, (int)n);
	return got > 0 ? got : 0;
}

static inline ssize_t tls_write(void *cookie, const char *from, size_t n)
{
	int put = SSL_write(cookie, from, (int)n);
	return put > 0 ? put : 0;
}

static inline int tls_close(void *cookie)
{
	SSL_free(cookie);
	return 0;
}

/* The stream does not own the descriptor: see smtp_serve_one. */
static inline FILE *tls_wrap(struct smtp_server *s, int fd)
{
	SSL *ssl = SSL_new(s->wrap_ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	atomic_fetch_add(&s->tls_n, 1);
	cookie_io_functions_t io = {.read = tls_read, .write = tls_write, .close = tls_close};
	FILE *f = fopencookie(ssl, "r+", io);
	setvbuf(f, NULL, _IOFBF, 4096);
	return f;
}

static inline X509 *tls_sign(EVP_PKEY *key, const char *name, const char *alt, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x = X509_new();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600 * 24);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
	X509_EXTENSION *ext = issuer ? X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, alt)
	                             : X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, "critical,CA:TRUE");
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(x, issuer_key, EVP_sha256());
	return x;
}

/* A server for `alt` ("IP:127.0.0.1"); the authority's certificate goes to the file `ca`, of which the last piece is
 * its name. */
static inline bool tls_begin(struct smtp_server *s, const char *alt, const char *ca)
{
	EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *root = tls_sign(root_key, strrchr(ca, '/') + 1, NULL, NULL, root_key),
		 *own = tls_sign(key, "mail", alt, root, root_key);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	FILE *f = fopen(ca, "w");
	bool ok = f && PEM_write_X509(f, root) == 1 && SSL_CTX_use_certificate(ctx, own) == 1 &&
	          SSL_CTX_use_PrivateKey(ctx, key) == 1;
	if (f) {
		fclose(f);
	}
	s->wrap = tls_wrap;
	s->wrap_ctx = ctx;
	X509_free(root);
	X509_free(own);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
	return ok;
}

static inline void tls_end(struct smtp_server *s)
{
	SSL_CTX_free(s->wrap_ctx);
}

#endif
