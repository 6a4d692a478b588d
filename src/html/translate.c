#include "html/translate.h"

#include "html/catalogue.h"

const struct language languages[] = {
	{"en", "English", false, false, true},
	{"zh-Hans", "中文", false, true, true},
	/* Made up: longer, with accents, right to left. Shows what is not translated and what does not turn. */
	{"ar-XB", "Ŵŕöñĝ ŵåý", true, false, false},
	{NULL, NULL, false, false, false},
};

const struct language *language_find(struct str tag)
{
	for (const struct language *l = languages; l->tag != NULL; l++) {
		if (str_eq_nocase(tag, str_of(l->tag))) {
			return l;
		}
	}
	return NULL;
}

bool language_is_rtl(struct str tag)
{
	const struct language *l = language_find(tag);
	return l != NULL && l->is_rtl;
}

/* Lookup as by RFC 4647 3.4: the range loses its last subtag until something fits. All of Chinese is served in
 * simplified characters until there is more of it. */
static const struct language *lookup(struct str range)
{
	while (range.n > 0) {
		const struct language *l = language_find(range);
		if (l != NULL && l->is_offered) {
			return l;
		}
		if (str_eq_nocase(range, STR("zh"))) {
			return language_find(STR("zh-Hans"));
		}
		size_t cut = range.n - 1;
		while (cut > 0 && range.p[cut] != '-') {
			cut--;
		}
		range.n = cut;
	}
	return NULL;
}

/* "0.8" in thousandths; anything malformed is 0, so that the range is passed over. */
static int quality(struct str s)
{
	s = str_trim(s);
	if (s.n < 1 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.')) {
		return 0;
	}
	int q = (s.p[0] - '0') * 1000;
	int unit = 100;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return 0;
		}
		q += (s.p[i] - '0') * unit;
	}
	return q > 1000 ? 0 : q;
}

const struct language *language_negotiate(struct str accept_language)
{
	const struct language *best = &languages[0];
	int best_q = 0;
	struct str item;
	while (str_next(&accept_language, ',', &item)) {
		struct str range;
		struct str params;
		int q = 1000;
		if (str_cut(item, ';', &range, &params)) {
			params = str_trim(params);
			bool has_q = params.n > 2 && (params.p[0] == 'q' || params.p[0] == 'Q') && params.p[1] == '=';
			q = has_q ? quality(str_sub(params, 2, params.n)) : 0;
		}
		const struct language *l = lookup(str_trim(range));
		if (l != NULL && q > best_q) {
			best = l;
			best_q = q;
		}
	}
	return best;
}

/* --- Looking up -------------------------------------------------------------------------------------------------- */

static const struct catalogue *catalogue_of(struct str lang)
{
	for (size_t i = 0; i < catalogue_n; i++) {
		if (str_is(lang, catalogues[i].tag)) {
			return &catalogues[i];
		}
	}
	return NULL;
}

/* NULL when the message is not translated. */
static const struct str *forms_of(const struct catalogue *c, const char *msgid)
{
	uint32_t hash = catalogue_hash(msgid);
	for (uint32_t at = hash & c->mask;; at = (at + 1) & c->mask) {
		const struct catalogue_entry *e = &c->slots[at];
		if (e->msgid == NULL) {
			return NULL;
		}
		if (e->hash == hash && strcmp(e->msgid, msgid) == 0) {
			return &c->forms[e->first];
		}
	}
}

struct str tr(struct str lang, const char *msgid)
{
	const struct catalogue *c = catalogue_of(lang);
	const struct str *forms = c == NULL ? NULL : forms_of(c, msgid);
	return forms == NULL || forms->n == 0 ? str_of(msgid) : *forms;
}

struct str trn(struct str lang, const char *one, const char *many, int64_t n)
{
	uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	const struct catalogue *c = catalogue_of(lang);
	const struct str *forms = c == NULL ? NULL : forms_of(c, one);
	if (forms != NULL) {
		struct str form = forms[c->plural(magnitude)];
		if (form.n > 0) {
			return form;
		}
	}
	return str_of(magnitude == 1 ? one : many);
}

/* --- Putting arguments in ------------------------------------------------------------------------------------------
 */

/* Takes the text up to the next "{name}" off *rest, then the name; false when none is left (*text is the rest). A name
 * is lower-case letters, digits and '_', with '/' before it for the end of a markup argument. */
static bool next_name(struct str *rest, struct str *text, struct str *name)
{
	size_t at = 0;
	while (at < rest->n) {
		const char *open = memchr(rest->p + at, '{', rest->n - at);
		if (open == NULL) {
			break;
		}
		size_t from = (size_t)(open - rest->p) + 1;
		size_t end = from;
		while (end < rest->n &&
		       ((rest->p[end] >= 'a' && rest->p[end] <= 'z') || rest->p[end] == '_' ||
		        (rest->p[end] >= '0' && rest->p[end] <= '9') || (end == from && rest->p[end] == '/'))) {
			end++;
		}
		if (end > from && end < rest->n && rest->p[end] == '}') {
			*text = str_sub(*rest, 0, from - 1);
			*name = str_sub(*rest, from, end - from);
			*rest = str_sub(*rest, end + 1, rest->n);
			return true;
		}
		at = from;
	}
	*text = *rest;
	*rest = str_sub(*rest, rest->n, 0);
	return false;
}

static const struct tr_arg *find_arg(const struct tr_arg *args, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, args[i].name)) {
			return &args[i];
		}
	}
	return NULL;
}

static void put_arg(struct html_out *o, const struct tr_arg *a)
{
	switch (a->kind) {
	case TR_STR:
		html_put_bdi(o, a->s);
		break;
	case TR_OURS:
		html_put_text(o, a->s);
		break;
	case TR_HTML:
		buf_put(o->to, a->s);
		break;
	case TR_INT:
		html_put_int(o, a->i);
		break;
	case TR_NUMBER:
		html_put_number(o, a->i);
		break;
	}
}

void tr_put(struct html_out *o, struct str sentence, const struct tr_arg *args, size_t n)
{
	struct str text;
	struct str name;
	while (next_name(&sentence, &text, &name)) {
		html_put_text(o, text);
		const struct tr_arg *a = find_arg(args, n, name);
		if (a != NULL) {
			put_arg(o, a);
		} else {
			html_put_text(o, (struct str){name.p - 1, name.n + 2});
		}
	}
	html_put_text(o, text);
}

/* Letters that are written from right to left: Hebrew to Arabic Extended, their presentation forms, historic scripts.
 */
static bool has_rtl(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t c = str_rune(s, &i);
		if ((c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFC) ||
		    (c >= 0x10800 && c <= 0x10FFF) || (c >= 0x1E800 && c <= 0x1EFFF)) {
			return true;
		}
	}
	return false;
}

/* What <bdi> is on a page, isolates (UAX 9) are in plain text; where everything runs one way none are needed. */
static void put_isolated(struct buf *to, struct str s, bool is_rtl)
{
	bool is_mixed = is_rtl || has_rtl(s);
	buf_put(to, is_mixed ? STR("\u2068") : STR_EMPTY);
	buf_put(to, s);
	buf_put(to, is_mixed ? STR("\u2069") : STR_EMPTY);
}

void tr_put_plain(struct buf *to, struct str sentence, const struct tr_arg *args, size_t n)
{
	struct str text;
	struct str name;
	bool is_rtl = has_rtl(sentence);
	while (next_name(&sentence, &text, &name)) {
		buf_put(to, text);
		const struct tr_arg *a = find_arg(args, n, name);
		if (a == NULL) {
			buf_put(to, (struct str){name.p - 1, name.n + 2});
		} else if (a->kind == TR_STR) {
			put_isolated(to, a->s, is_rtl);
		} else if (a->kind == TR_OURS) {
			buf_put(to, a->s);
		} else if (a->kind == TR_INT) {
			buf_put_i64(to, a->i);
		} else if (a->kind == TR_NUMBER) {
			format_number(to, a->i);
		}
	}
	buf_put(to, text);
}

int tr_step(struct html_out *o, struct str *rest, const char *const *names)
{
	struct str text;
	struct str name;
	while (next_name(rest, &text, &name)) {
		html_put_text(o, text);
		for (int i = 0; names[i] != NULL; i++) {
			if (str_is(name, names[i])) {
				return i;
			}
		}
		html_put_text(o, (struct str){name.p - 1, name.n + 2});
	}
	html_put_text(o, text);
	return -1;
}
