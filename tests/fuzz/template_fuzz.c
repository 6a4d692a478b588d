/* What templates write: no text leaves its place, no value brings in a name. Needs html and base. */
#include "html/out.h"
#include "html/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_escaped(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		must(s.p[i] != '<' && s.p[i] != '>' && s.p[i] != '"' && s.p[i] != '\'');
		if (s.p[i] == '&') {
			struct str rest = str_sub(s, i, 6);
			must(str_starts(rest, STR("&amp;")) || str_starts(rest, STR("&lt;")) || str_starts(rest, STR("&gt;")) ||
			     str_starts(rest, STR("&quot;")) || str_starts(rest, STR("&#39;")));
		}
	}
}

static void check_url(struct str s)
{
	check_escaped(s);
	for (size_t i = 0; i < s.n; i++) {
		must((uint8_t)s.p[i] > 0x20 && (uint8_t)s.p[i] < 0x7f && s.p[i] != '\\');
	}
	must(s.n > 0 && !str_starts(s, STR("//")));
	struct str scheme;
	struct str rest;
	if (s.p[0] != '/' && s.p[0] != '#' && s.p[0] != '?') {
		must(str_cut(s, ':', &scheme, &rest));
		must(str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https")) ||
		     str_eq_nocase(scheme, STR("mailto")) || str_eq_nocase(scheme, STR("tel")));
	}
}

static void check_url_part(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		must((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || memchr("-._~%", c, 5));
	}
}

/* The same sentence put together by hand: split at "{who}". */
static void put_by_hand(struct html_out *o, struct str sentence, struct str value)
{
	size_t at;
	while ((at = str_find(sentence, STR("{who}"))) != SIZE_MAX) {
		html_put_text(o, str_sub(sentence, 0, at));
		html_put_bdi(o, value);
		sentence = str_sub(sentence, at + 5, sentence.n);
	}
	html_put_text(o, sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = str_from(data, n);
	struct buf b;
	buf_init(&b, 64 * n + 1024);
	struct html_out o = {.to = &b, .lang = STR("en")};

	html_put_text(&o, in);
	check_escaped(buf_str(&b));
	buf_reset(&b);
	html_put_url(&o, in);
	check_url(buf_str(&b));
	buf_reset(&b);
	html_put_url_part(&o, in);
	check_url_part(buf_str(&b));
	buf_reset(&b);

	/* sentence NUL value */
	struct str sentence = in;
	struct str value = STR("{who}<{n}>");
	str_cut(in, '\0', &sentence, &value);
	size_t cap = (sentence.n / 5 + 1) * (value.n * 6 + 16) + sentence.n * 6 + 16;
	struct buf expected, stepped;
	buf_release(&b);
	buf_init(&b, cap);
	buf_init(&expected, cap);
	buf_init(&stepped, cap);
	struct html_out hand = {.to = &expected, .lang = STR("en")};
	struct html_out step = {.to = &stepped, .lang = STR("en")};
	const struct tr_arg arg = TR_S("who", value);
	tr_put(&o, sentence, &arg, 1);
	put_by_hand(&hand, sentence, value);
	static const char *const names[] = {"who", NULL};
	struct str rest = sentence;
	while (tr_step(&step, &rest, names) == 0) {
		html_put_bdi(&step, value);
	}
	must(!b.failed && !expected.failed && !stepped.failed);
	must(str_eq(buf_str(&b), buf_str(&expected)) && str_eq(buf_str(&b), buf_str(&stepped)));
	buf_reset(&b);
	tr_put_plain(&b, sentence, &arg, 1);
	must(!b.failed);
	language_negotiate(in);

	buf_release(&b);
	buf_release(&expected);
	buf_release(&stepped);
	return 0;
}
