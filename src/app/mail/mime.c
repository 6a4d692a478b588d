#include "app/mail/mime.h"

#include <sodium.h>

#include "base/date.h"
#include "base/time_source.h"

enum { LINE_BYTES = 57, WORD_BYTES = 39 }; /* of what becomes 76 characters in a body, and a word of a head */

static void put_base64(struct buf *to, const char *p, size_t n)
{
	char text[128];
	sodium_bin2base64(text, sizeof text, (const unsigned char *)p, n, sodium_base64_VARIANT_ORIGINAL);
	buf_put_c(to, text);
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e) {
			return false;
		}
	}
	return true;
}

/* RFC 2047: encoded words of whole characters, on lines of their own. */
static void put_words(struct buf *to, struct str s)
{
	if (is_plain(s)) {
		buf_put(to, s);
		return;
	}
	for (size_t at = 0; at < s.n;) {
		size_t end = at;
		while (end < s.n) {
			size_t next = end;
			(void)str_rune(s, &next);
			if (next - at > WORD_BYTES) {
				break;
			}
			end = next;
		}
		buf_put_c(to, at > 0 ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		put_base64(to, s.p + at, end - at);
		buf_put_c(to, "?=");
		at = end;
	}
}

/* A name before an address: quoted when it is plain. */
static void put_name(struct buf *to, struct str s)
{
	if (!is_plain(s)) {
		put_words(to, s);
		return;
	}
	buf_put_byte(to, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\') {
			buf_put_byte(to, '\\');
		}
		buf_put_byte(to, s.p[i]);
	}
	buf_put_byte(to, '"');
}

static void put_date(struct buf *to, int64_t us)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t s = us / US_PER_S;
	day_number day = (day_number)(s / 86400);
	struct date d = date_of_day(day);
	buf_printf(to, "%s, %d %s %d %02d:%02d:%02d +0000", days[date_weekday(day)], d.day, months[d.month - 1], d.year,
	           (int)(s % 86400 / 3600), (int)(s % 3600 / 60), (int)(s % 60));
}

static void put_body(struct buf *to, struct str text)
{
	struct buf lines;
	buf_init(&lines, 2 * text.n + 16);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n') {
			buf_put_byte(&lines, '\r');
		}
		buf_put_byte(&lines, text.p[i]);
	}
	struct str all = buf_str(&lines);
	for (size_t at = 0; at < all.n; at += LINE_BYTES) {
		size_t left = all.n - at;
		put_base64(to, all.p + at, left < LINE_BYTES ? left : LINE_BYTES);
		buf_put_c(to, "\r\n");
	}
	buf_release(&lines);
}

bool mime_put(struct buf *to, const struct mime_mail *m, struct err *e)
{
	const struct str heads[] = {m->from_name, m->from, m->to, m->subject, m->id, m->lang};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		if (str_has_control(heads[i], "") || !str_is_utf8(heads[i])) {
			return err_set(e, ERR_INVALID, "a control character in the head of a mail");
		}
	}
	if (!is_plain(m->from) || !is_plain(m->to) || !is_plain(m->id) || !is_plain(m->lang)) {
		return err_set(e, ERR_INVALID, "an address that is not ASCII");
	}
	buf_put_c(to, "From: ");
	put_name(to, m->from_name);
	buf_printf(to, " <%.*s>\r\nTo: <%.*s>\r\nSubject: ", STR_ARG(m->from), STR_ARG(m->to));
	put_words(to, m->subject);
	buf_put_c(to, "\r\nDate: ");
	put_date(to, m->date_us);
	buf_printf(to,
	           "\r\nMessage-ID: <%.*s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	           "Content-Language: %.*s\r\nContent-Type: text/plain; charset=UTF-8\r\n"
	           "Content-Transfer-Encoding: base64\r\n\r\n",
	           STR_ARG(m->id), STR_ARG(m->lang));
	put_body(to, m->text);
	return buf_ok(to, e);
}
