#include "http/csrf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_32(const uint8_t bytes[32], char out[43])
{
	uint32_t bits = 0;
	int have = 0;
	int n = 0;
	for (int i = 0; i < 32; i++) {
		bits = bits << 8 | bytes[i];
		have += 8;
		while (have >= 6) {
			have -= 6;
			out[n++] = alphabet[bits >> have & 63];
		}
	}
	out[n] = alphabet[bits << (6 - have) & 63];
}

bool sid_is_valid(struct str sid)
{
	if (sid.n != SID_CHARS) {
		return false;
	}
	for (size_t i = 0; i < SID_CHARS; i++) {
		const char *at = sid.p[i] ? strchr(alphabet, sid.p[i]) : NULL;
		/* The last character carries 4 bits: its 2 lowest are 0. */
		if (at == NULL || (i == SID_CHARS - 1 && ((at - alphabet) & 3) != 0)) {
			return false;
		}
	}
	return true;
}

void csrf_key_init(struct csrf_key *k, const uint8_t key[32])
{
	crypto_auth_hmacsha256_init(&k->begun, key, 32);
}

void csrf_token(const struct csrf_key *k, struct str sid, char out[CSRF_CHARS])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state = k->begun;
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)sid.p, sid.n);
	crypto_auth_hmacsha256_final(&state, mac);
	base64url_32(mac, out);
}

bool csrf_is_valid(const struct csrf_key *k, struct str sid, struct str token)
{
	char want[CSRF_CHARS];
	if (!sid_is_valid(sid)) {
		return false;
	}
	csrf_token(k, sid, want);
	return str_eq_secret(str_from(want, sizeof want), token);
}

bool csrf_origin_fits(const struct req *r, struct str host)
{
	bool fits = true;
	for (size_t i = 0; i < r->headers.n; i++) {
		struct str name = r->headers.items[i].name;
		struct str value = r->headers.items[i].value;
		if (str_is(name, "sec-fetch-site")) {
			fits = fits && (str_is(value, "same-origin") || str_is(value, "none"));
		} else if (str_is(name, "origin")) {
			size_t at = str_find(value, STR("://"));
			fits = fits && at != SIZE_MAX &&
			       (str_is(str_sub(value, 0, at), "http") || str_is(str_sub(value, 0, at), "https")) &&
			       str_eq_nocase(str_sub(value, at + 3, value.n), host);
		}
	}
	return fits;
}
