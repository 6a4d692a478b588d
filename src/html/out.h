/* Writing HTML: what the generated templates call. Escaping follows the context, chosen by tools/tmplgen from where the
 * expression stands: text, attribute, URL. Raw HTML needs the type struct html, which only templates and code that
 * escapes make. Any thread. */
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
};

void html_put_text(struct html_out *o, struct str s); /* & < > " ' escaped; good for quoted attributes too */
void html_put_url(
	struct html_out *o,
	struct str s); /* an address of ours: starts with '/' or '#' or '?', or http(s)://, else "#"; attribute-escaped */
void html_put_int(struct html_out *o, int64_t v); /* digits only: for attributes and values */

/* Dispatch by type for {expr}: struct str, const char *, integers, struct html (text context only). */
static inline void html_put_cstr(struct html_out *o, const char *s)
{
	html_put_text(o, str_of(s));
}
static inline void html_put_html(struct html_out *o, struct html h)
{
	buf_put(o->to, h.s);
}
/* clang-format off */
#define html_put(o, v) _Generic((v), struct str: html_put_text, char *: html_put_cstr, const char *: html_put_cstr, \
	struct html: html_put_html, default: html_put_int)((o), (v))
#define html_put_attr(o, v) _Generic((v), struct str: html_put_text, char *: html_put_cstr, const char *: html_put_cstr, \
	default: html_put_int)((o), (v))
/* clang-format on */

/* Numbers, dates and times in the reader's form ("Monday 23 November 2026", "2026年11月23日（星期一）"). */
void html_put_number(struct html_out *o, int64_t v); /* grouped digits */
void html_put_money(struct html_out *o, int64_t minor, struct str currency);
enum date_form {
	DATE_LONG,
	DATE_SHORT,
	DATE_WITH_YEAR
}; /* "Monday 23 November", "Mon 23 Nov", "Monday 23 November 2026" */
void html_put_date(struct html_out *o, int32_t day_number, enum date_form form);
void html_put_time(struct html_out *o, int32_t second_of_day); /* "9:14" */

#endif
