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
	bool is_han;     /* written in Han characters */
	bool is_offered; /* the made-up one only in tests and demo */
};
extern const struct language languages[];             /* ended by tag NULL; the first is English */
const struct language *language_find(struct str tag); /* exactly such a tag, case ignored; NULL when unknown */
bool language_is_rtl(struct str tag);
/* Whether a reader may have it by cookie or account; the made-up one on a demo folder. */
static inline bool language_may_be_chosen(const struct language *l, bool is_demo)
{
	return l != NULL && (l->is_offered || is_demo);
}
/* The best of the offered ones: RFC 9110 12.5.4 with the lookup of RFC 4647 3.4; zh, zh-CN, zh-SG and zh-Hans-* are
 * zh-Hans. Never NULL. */
const struct language *language_negotiate(struct str accept_language);

/* The translation, or the msgid itself. Never empty but for an empty msgid. */
struct str tr(struct str lang, const char *msgid);
/* Plural form for n. */
struct str trn(struct str lang, const char *one, const char *many, int64_t n);

/* Arguments for {name} in a translated sentence. */
struct tr_arg {
	const char *name;
	enum {
		TR_STR,    /* somebody's text: escaped, in <bdi> */
		TR_INT,    /* digits */
		TR_HTML,   /* as it is (tr_put_plain: nothing) */
		TR_NUMBER, /* grouped digits */
		TR_OURS    /* our own words: escaped, no <bdi> */
	} kind;
	struct str s;
	int64_t i;
};
#define TR_S(name, v) ((struct tr_arg){(name), TR_STR, (v), 0})
#define TR_I(name, v) ((struct tr_arg){(name), TR_INT, STR_EMPTY, (int64_t)(v)})
#define TR_H(name, v) ((struct tr_arg){(name), TR_HTML, (v).s, 0})
#define TR_N(name, v) ((struct tr_arg){(name), TR_NUMBER, STR_EMPTY, (int64_t)(v)})
#define TR_O(name, v) ((struct tr_arg){(name), TR_OURS, (v), 0})
/* Writes the sentence escaped, with its arguments put in. A name without an argument is written as it stands. */
void tr_put(struct html_out *o, struct str sentence, const struct tr_arg *args, size_t n);
/* Plain text (letters, titles, logs): no escaping; isolates for bdi. Dates and money go in as TR_OURS made by
 * format_...(). */
void tr_put_plain(struct buf *to, struct str sentence, const struct tr_arg *args, size_t n);

/* What generated templates use instead of arguments: writes the sentence escaped up to its next name that is in
 * `names` (ended by NULL) and returns that name's index, or -1 at the end of the sentence. Begin with *rest = the
 * sentence. */
int tr_step(struct html_out *o, struct str *rest, const char *const *names);

#endif
