#include "app/credentials/seal.h"

#include <sodium.h>

#include "os/keys_files.h"

/* SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes. */
static const uint8_t spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
enum { SPKI_BYTES = sizeof spki + 32 };

static void put_line(struct buf *to, const char *key, struct str value)
{
	buf_put_c(to, key);
	buf_put_c(to, ": ");
	/* A fact is one line, whatever stood in it. */
	for (size_t i = 0; i < value.n; i++) {
		buf_put_byte(to, value.p[i] == '\n' || value.p[i] == '\r' ? ' ' : value.p[i]);
	}
	buf_put_c(to, "\n");
}

static void put_day(struct buf *to, const char *key, day_number day)
{
	char text[11];
	date_format(day, text);
	put_line(to, key, str_of(text));
}

void seal_put_statement(struct buf *to, const struct seal_facts *f)
{
	buf_put_c(to, KEYS_STATEMENT);
	buf_put(to, f->institution);
	buf_put_c(to, "\n");
	put_line(to, "document", f->document);
	put_line(to, "number", f->number);
	put_line(to, "holder", f->holder);
	put_day(to, "issued", f->issued_on);
	if (f->has_end) {
		put_day(to, "valid-until", f->valid_until);
	}
	put_line(to, "page", f->page);
}

void seal_put_paper(struct buf *to, struct str lang, const uint8_t digest[SHA256_BYTES])
{
	buf_put_c(to, "pdf-");
	buf_put(to, lang);
	buf_put_c(to, ": ");
	buf_put_hex(to, digest, SHA256_BYTES);
	buf_put_c(to, "\n");
}

struct str seal_line(struct str statement, const char *key)
{
	struct str line, name = str_of(key);
	while (str_next(&statement, '\n', &line)) {
		if (str_starts(line, name) && str_starts(str_sub(line, name.n, SIZE_MAX), STR(": "))) {
			return str_sub(line, name.n + 2, SIZE_MAX);
		}
	}
	return STR_EMPTY;
}

bool seal_names_paper(struct str statement, const uint8_t digest[SHA256_BYTES])
{
	struct str line, name, value;
	uint8_t said[SHA256_BYTES];
	while (str_next(&statement, '\n', &line)) {
		if (str_starts(line, STR("pdf-")) && str_cut(line, ':', &name, &value) &&
		    str_to_bytes(str_trim(value), said, sizeof said) && memcmp(said, digest, sizeof said) == 0) {
			return true;
		}
	}
	return false;
}

bool seal_is_right(struct str statement, struct str signature, const uint8_t public_key[32])
{
	return str_starts(statement, STR(KEYS_STATEMENT)) && signature.n == crypto_sign_BYTES &&
	       crypto_sign_verify_detached((const unsigned char *)signature.p, (const unsigned char *)statement.p,
	                                   statement.n, public_key) == 0;
}

void seal_put_pem(struct buf *to, const uint8_t public_key[32])
{
	uint8_t der[SPKI_BYTES];
	char text[sodium_base64_ENCODED_LEN(SPKI_BYTES, sodium_base64_VARIANT_ORIGINAL)];
	memcpy(der, spki, sizeof spki);
	memcpy(der + sizeof spki, public_key, 32);
	sodium_bin2base64(text, sizeof text, der, sizeof der, sodium_base64_VARIANT_ORIGINAL);
	buf_printf(to, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", text);
}

bool seal_read_pem(struct str pem, uint8_t public_key[32], struct err *e)
{
	static const struct str begin = STR_INIT("-----BEGIN PUBLIC KEY-----"), end = STR_INIT("-----END PUBLIC KEY-----");
	uint8_t der[SPKI_BYTES];
	size_t n = 0, from = str_find(pem, begin);
	struct str body = from == SIZE_MAX ? STR_EMPTY : str_sub(pem, from + begin.n, SIZE_MAX);
	size_t to = str_find(body, end);
	if (to == SIZE_MAX ||
	    sodium_base642bin(der, sizeof der, body.p, to, "\r\n ", &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n != sizeof der || memcmp(der, spki, sizeof spki) != 0) {
		return err_set(e, ERR_BAD_INPUT, "this is no Ed25519 public key in PEM");
	}
	memcpy(public_key, der + sizeof spki, 32);
	return true;
}
