/* Translations: gettext's .po files, compiled into the program; looked up by the request's language. The msgid is the
 * English sentence. Placeholders are {name}. Any thread. */
#ifndef CITYHALL_HTML_TRANSLATE_H
#define CITYHALL_HTML_TRANSLATE_H

#include "base/buf.h"
#include "html/out.h"

struct language {
	const char *tag;  /* "zh-Hans": for html lang and the cookie */
	const char *name; /* in its own words: "中文" */
	bool is_rtl;
	bool is_offered; /* the made-up one only in tests and demo */
};
extern const struct language languages[];             /* ended by tag NULL; the first is English */
const struct language *language_find(struct str tag); /* NULL when unknown */
const struct language *
language_negotiate(struct str accept_language); /* RFC 9110 12.5.4 / RFC 4647 lookup; never NULL */

/* The translation, or the msgid itself. Never NULL. */
struct str tr(struct str lang, const char *msgid);
/* Plural form for n. */
struct str trn(struct str lang, const char *one, const char *many, int64_t n);

/* Arguments for {name} in a translated sentence. Each is escaped for HTML text when written by tr_put. */
struct tr_arg {
	const char *name;
	enum { TR_STR, TR_INT, TR_HTML, TR_NUMBER } kind;
	struct str s;
	int64_t i;
};
#define TR_S(name, v) ((struct tr_arg){(name), TR_STR, (v), 0})
#define TR_I(name, v) ((struct tr_arg){(name), TR_INT, STR_EMPTY, (int64_t)(v)})
#define TR_H(name, v) ((struct tr_arg){(name), TR_HTML, (v).s, 0})
/* Writes the sentence escaped, with its arguments put in; text of other people stands in <bdi>. */
void tr_put(struct html_out *o, struct str sentence, const struct tr_arg *args, size_t n);
/* Plain text (letters, titles, logs): no escaping, no bdi. */
void tr_put_plain(struct buf *to, struct str sentence, const struct tr_arg *args, size_t n);

#endif
