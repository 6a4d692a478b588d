/* Writing HTML: what the generated templates call. Escaping follows the context, chosen by tools/tmplgen from where the
 * expression stands: text, attribute, URL. Raw HTML needs the type struct html, which only templates and code that
 * escapes make. Any thread.
 *
 * Nothing here fails: the buf's sticky error is looked at once, when the page is done. */
#ifndef CITYHALL_HTML_OUT_H
#define CITYHALL_HTML_OUT_H

#include "base/buf.h"

/* HTML that is safe to write as it is. */
struct html {
	struct str s;
};

struct html_out {
	struct buf *to;
	struct str lang; /* of the page: "en", "zh-Hans", "ar-XB" */
	int32_t year;    /* this year, where the reader is: dates in it are written without it. 0: all show theirs */
};

/* & < > " ' escaped: good for text and for quoted attributes. */
void html_put_text(struct html_out *o, struct str s);
/* The same in <bdi>: other people's text inside a sentence. */
void html_put_bdi(struct html_out *o, struct str s);
/* Line breaks become <br>; other people's longer texts. */
void html_put_lines(struct html_out *o, struct str s);
/* Between two sentences: a space, but none in Chinese, whose full stop brings its own. */
void html_put_gap(struct html_out *o);
/* A whole address: one that starts with '/' (not "//"), '#' or '?', or with http://, https://, mailto: or tel:;
 * anything else becomes "#". Attribute-escaped; white space, control characters and backslashes, which browsers drop or
 * bend, are percent-encoded. */
void html_put_url(struct html_out *o, struct str s);
/* One part of an address (a path piece, a query value): all but unreserved characters percent-encoded (RFC 3986). */
void html_put_url_part(struct html_out *o, struct str s);
void html_put_int(struct html_out *o, int64_t v); /* digits only: for attributes and values */
void html_put_uint(struct html_out *o, uint64_t v);

static inline void html_put_html(struct html_out *o, struct html h)
{
	buf_put(o->to, h.s);
}
static inline void html_put_cstr(struct html_out *o, const char *s)
{
	html_put_text(o, str_of(s));
}
static inline void html_put_bdi_cstr(struct html_out *o, const char *s)
{
	html_put_bdi(o, str_of(s));
}
static inline void html_put_url_cstr(struct html_out *o, const char *s)
{
	html_put_url(o, str_of(s));
}
static inline void html_put_url_part_cstr(struct html_out *o, const char *s)
{
	html_put_url_part(o, str_of(s));
}

/* Dispatch by type for {expr}: struct str, C strings, integers, and in text alone struct html. A pointer of another
 * kind does not compile. */
/* clang-format off */
#define HTML_BY_TYPE(v, text, cstr) struct str: text, char *: cstr, const char *: cstr, \
	unsigned int: html_put_uint, unsigned long: html_put_uint, unsigned long long: html_put_uint, default: html_put_int
#define html_put(o, v) _Generic((v), struct html: html_put_html, HTML_BY_TYPE(v, html_put_text, html_put_cstr))((o), (v))
#define html_put_attr(o, v) _Generic((v), HTML_BY_TYPE(v, html_put_text, html_put_cstr))((o), (v))
#define html_put_arg(o, v) _Generic((v), struct html: html_put_html, HTML_BY_TYPE(v, html_put_bdi, html_put_bdi_cstr))((o), (v))
#define html_put_address(o, v) _Generic((v), struct str: html_put_url, char *: html_put_url_cstr, \
	const char *: html_put_url_cstr)((o), (v))
#define html_put_address_part(o, v) _Generic((v), HTML_BY_TYPE(v, html_put_url_part, html_put_url_part_cstr))((o), (v))
/* clang-format on */

/* Numbers, dates and times in the reader's form. */
enum date_form {
	DATE_LONG,     /* "Monday 23 November"; in another year "Monday 23 November 2026"; "11月23日（星期一）" */
	DATE_SHORT,    /* "Mon 23 Nov"; in another year "23 Nov 2026" */
	DATE_WITH_YEAR /* "Monday 23 November 2026"; "2026年11月23日（星期一）" */
};
void html_put_number(struct html_out *o, int64_t v);                         /* grouped digits: "3,450" */
void html_put_money(struct html_out *o, int64_t minor, struct str currency); /* ISO 4217 code */
void html_put_date(struct html_out *o, int32_t day, enum date_form form);
void html_put_time(struct html_out *o, int32_t second_of_day); /* "9:14" */
void html_put_iso(struct html_out *o, int32_t day);            /* "2026-11-23" */
void html_put_bytes(struct html_out *o, int64_t bytes);        /* "3.2 MB" */

/* The same as plain text (letters, titles, mail), into any buf. Nothing in it needs escaping. */
void format_number(struct buf *to, int64_t v);
void format_money(struct buf *to, struct str lang, int64_t minor, struct str currency);
void format_date(struct buf *to, struct str lang, int32_t this_year, int32_t day, enum date_form form);
void format_time(struct buf *to, int32_t second_of_day);
void format_bytes(struct buf *to, struct str lang, int64_t bytes);

#endif
