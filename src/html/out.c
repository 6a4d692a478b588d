#include "html/out.h"

#include "base/date.h"
#include "html/translate.h"

/* What each byte becomes in text and quoted attributes; 0: itself. */
enum { AMP = 1, LT, GT, QUOT, APOS };
static const uint8_t special[256] = {['&'] = AMP, ['<'] = LT, ['>'] = GT, ['"'] = QUOT, ['\''] = APOS};
static const struct str replacement[] = {
	[AMP] = STR_INIT("&amp;"),   [LT] = STR_INIT("&lt;"),    [GT] = STR_INIT("&gt;"),
	[QUOT] = STR_INIT("&quot;"), [APOS] = STR_INIT("&#39;"),
};

void html_put_text(struct html_out *o, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t kind = special[(uint8_t)s.p[i]];
		if (kind != 0) {
			buf_put_bytes(o->to, s.p + from, i - from);
			buf_put(o->to, replacement[kind]);
			from = i + 1;
		}
	}
	buf_put_bytes(o->to, s.p + from, s.n - from);
}

void html_put_bdi(struct html_out *o, struct str s)
{
	buf_put(o->to, STR("<bdi>"));
	html_put_text(o, s);
	buf_put(o->to, STR("</bdi>"));
}

void html_put_gap(struct html_out *o)
{
	if (!str_starts(o->lang, STR("zh"))) {
		buf_put_byte(o->to, ' ');
	}
}

void html_put_lines(struct html_out *o, struct str s)
{
	struct str line;
	bool is_first = true;
	while (str_next(&s, '\n', &line)) {
		if (!is_first) {
			buf_put(o->to, STR("<br>"));
		}
		is_first = false;
		if (line.n > 0 && line.p[line.n - 1] == '\r') {
			line.n--;
		}
		html_put_text(o, line);
	}
}

/* RFC 3986, 2.3. */
static bool is_unreserved(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

static void put_percent(struct buf *to, uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF";
	char e[3] = {'%', digits[c >> 4], digits[c & 15]};
	buf_put_bytes(to, e, 3);
}

/* The schemes we link to; with a scheme of another kind ("javascript:") an address is none. A protocol-relative
 * address ("//host") is somebody else's. */
static bool is_address(struct str s)
{
	if (s.n == 0) {
		return false;
	}
	if (s.p[0] == '/') {
		return s.n == 1 || s.p[1] != '/';
	}
	if (s.p[0] == '#' || s.p[0] == '?') {
		return true;
	}
	static const struct str schemes[] = {STR_INIT("https://"), STR_INIT("http://"), STR_INIT("mailto:"),
	                                     STR_INIT("tel:")};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (s.n >= schemes[i].n && str_eq_nocase(str_sub(s, 0, schemes[i].n), schemes[i])) {
			return true;
		}
	}
	return false;
}

void html_put_url(struct html_out *o, struct str s)
{
	if (!is_address(s)) {
		buf_put_byte(o->to, '#');
		return;
	}
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		bool is_bent = c <= 0x20 || c >= 0x7f || c == '\\' || c == '<' || c == '>' || c == '"' || c == '`' ||
		               c == '{' || c == '}' || c == '|' || c == '^';
		if (is_bent || special[c] != 0) {
			buf_put_bytes(o->to, s.p + from, i - from);
			from = i + 1;
			if (is_bent) {
				put_percent(o->to, c);
			} else {
				buf_put(o->to, replacement[special[c]]);
			}
		}
	}
	buf_put_bytes(o->to, s.p + from, s.n - from);
}

void html_put_url_part(struct html_out *o, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (!is_unreserved(c)) {
			buf_put_bytes(o->to, s.p + from, i - from);
			put_percent(o->to, c);
			from = i + 1;
		}
	}
	buf_put_bytes(o->to, s.p + from, s.n - from);
}

void html_put_int(struct html_out *o, int64_t v)
{
	buf_put_i64(o->to, v);
}

void html_put_uint(struct html_out *o, uint64_t v)
{
	buf_put_u64(o->to, v);
}

void html_put_number(struct html_out *o, int64_t v)
{
	format_number(o->to, v);
}

void html_put_money(struct html_out *o, int64_t minor, struct str currency)
{
	format_money(o->to, o->lang, minor, currency);
}

void html_put_date(struct html_out *o, int32_t day, enum date_form form)
{
	format_date(o->to, o->lang, o->year, day, form);
}

void html_put_time(struct html_out *o, int32_t second_of_day)
{
	format_time(o->to, second_of_day);
}

void html_put_iso(struct html_out *o, int32_t day)
{
	char iso[11];
	date_format(day, iso);
	buf_put_bytes(o->to, iso, 10);
}

void html_put_bytes(struct html_out *o, int64_t bytes)
{
	format_bytes(o->to, o->lang, bytes);
}
