#include "app/people/email.h"

#include "base/buf.h"

static struct str half_width(struct arena *a, struct str s)
{
	struct buf b;
	buf_init(&b, 4 * EMAIL_BYTES_MAX);
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		c = c >= 0xFF01 && c <= 0xFF5E ? c - 0xFF01 + '!' : c == 0x3002 ? '.' : c == 0x3000 || c == 0xA0 ? ' ' : c;
		buf_put_rune(&b, c);
	}
	struct str out = b.failed ? STR_EMPTY : arena_copy(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return out;
}

static struct str lower(struct arena *a, struct str s)
{
	char text[EMAIL_BYTES_MAX];
	if (s.n > sizeof(text)) {
		return STR_EMPTY;
	}
	for (size_t i = 0; i < s.n; i++) {
		text[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
	}
	return arena_copy(a, str_from(text, s.n));
}

static bool is_label(struct str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-') {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
		if (!is_letter && !(c >= '0' && c <= '9') && c != '-') {
			return false;
		}
	}
	return true;
}

bool email_read(struct arena *a, struct str typed, struct str *out)
{
	struct str s = half_width(a, typed);
	struct str local;
	struct str domain;
	if (s.n > EMAIL_BYTES_MAX || !str_cut(s, '@', &local, &domain) || local.n == 0 || local.n > 64) {
		return false;
	}
	for (size_t i = 0; i < local.n; i++) {
		if ((unsigned char)local.p[i] <= ' ' || local.p[i] == 0x7F || strchr("<>()[]\\,;:\"", local.p[i]) != NULL) {
			return false;
		}
	}
	if (local.p[0] == '.' || local.p[local.n - 1] == '.' || str_find(local, STR("..")) != SIZE_MAX) {
		return false;
	}
	size_t labels = 0;
	struct str label;
	for (struct str rest = domain; str_next(&rest, '.', &label); labels++) {
		if (!is_label(label)) {
			return false;
		}
	}
	if (labels < 2 || domain.p[domain.n - 1] == '.') {
		return false;
	}
	*out = arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(lower(a, domain)));
	return out->n > 0;
}

struct str email_key(struct arena *a, struct str email)
{
	return lower(a, email);
}
