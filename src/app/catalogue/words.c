#include "app/catalogue/words.h"

#include <stdlib.h>

#include "base/fold.h"

static bool is_han(uint32_t c)
{
	return (c >= 0x2e80 && c <= 0x2fdf) || (c >= 0x3040 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

static bool is_letter(uint32_t c)
{
	if (c < 0x80) {
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
	}
	bool is_sign = c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c <= 0x2e7f) || (c >= 0x3000 && c <= 0x303f) ||
	               (c >= 0xff00 && c <= 0xffef) || c == 0xfffd;
	return !is_sign && !is_han(c);
}

static bool is_apostrophe(uint32_t c)
{
	return c == '\'' || c == 0x2019 || c == 0x2bc;
}

struct line { /* of a word, with room */
	char *p;
	size_t n;
};

static void put_rune(struct line *l, uint32_t c)
{
	int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	if (l->n + (size_t)more + 1 > WORD_BYTES_MAX) {
		return;
	}
	static const unsigned lead[] = {0, 0xc0, 0xe0, 0xf0};
	l->p[l->n++] = (char)(lead[more] | c >> (6 * more));
	while (more-- > 0) {
		l->p[l->n++] = (char)(0x80 | ((c >> (6 * more)) & 0x3f));
	}
}

static void put_folded(struct line *l, uint32_t c)
{
	uint32_t to[FOLD_RUNES_MAX];
	size_t n = fold_rune(c, to);
	for (size_t i = 0; i < n; i++) {
		put_rune(l, to[i]);
	}
}

/* --- Stems --- */

/* One spelling for the two shores of an ocean. */
static const struct {
	const char *from, *to;
} spellings[] = {
	{"licence", "license"}, {"licences", "licenses"}, {"centre", "center"},     {"centres", "centers"},
	{"cheque", "check"},    {"cheques", "checks"},    {"tyre", "tire"},         {"tyres", "tires"},
	{"theatre", "theater"}, {"grey", "gray"},         {"programme", "program"}, {"enrol", "enroll"},
	{"kerb", "curb"},       {"kerbs", "curbs"},       {"jewellery", "jewelry"}, {"practise", "practice"},
	{"men", "man"},         {"women", "woman"},       {"children", "child"},    {"born", "birth"},
	{"bought", "buy"},      {"sold", "sell"},         {"lost", "lose"},         {"stolen", "steal"},
	{"paid", "pay"},        {"wed", "marry"},         {"died", "death"},        {"dead", "death"},
};

static bool ends(const struct line *l, const char *with, size_t least)
{
	size_t n = strlen(with);
	return l->n >= n + least && memcmp(l->p + l->n - n, with, n) == 0;
}

static bool has_vowel(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (memchr("aeiouy", p[i], 6) != NULL) {
			return true;
		}
	}
	return false;
}

static void undouble(struct line *l)
{
	if (l->n > 3 && l->p[l->n - 1] == l->p[l->n - 2] && memchr("lsz", l->p[l->n - 1], 3) == NULL) {
		l->n--;
	}
}

/* The light half of Porter's stemmer (1980): plurals, -ed, -ing, -y, a silent e. */
static struct str stem_of(struct str word, char room[WORD_BYTES_MAX + 4])
{
	struct line l = {room, word.n};
	memcpy(room, word.p, word.n);
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		if (str_is(word, spellings[i].from)) {
			l.n = strlen(spellings[i].to);
			memcpy(room, spellings[i].to, l.n);
		}
	}
	if (ends(&l, "ies", 2)) {
		l.n -= 2;
	} else if (ends(&l, "s", 3) && !ends(&l, "ss", 0) && !ends(&l, "us", 0)) {
		l.n--;
	}
	if (ends(&l, "ied", 2)) {
		l.n -= 2;
	} else if (ends(&l, "ed", 3) && has_vowel(l.p, l.n - 2)) {
		l.n -= 2;
		undouble(&l);
	} else if (ends(&l, "ing", 3) && has_vowel(l.p, l.n - 3)) {
		l.n -= 3;
		undouble(&l);
	}
	if (ends(&l, "our", 2)) {
		l.p[l.n - 2] = 'r';
		l.n--;
	} else if (ends(&l, "ise", 3) || ends(&l, "isation", 3)) {
		l.p[l.n - (ends(&l, "ise", 3) ? 2 : 6)] = 'z';
	}
	if (ends(&l, "y", 2)) {
		l.p[l.n - 1] = 'i';
	} else if (ends(&l, "e", 3)) {
		l.n--;
	}
	return str_from(room, l.n);
}

/* --- Words that say only that somebody asks --- */

static const char *const asking[] = {
	"a",    "about", "am",    "an",    "and",   "any",  "are",  "as",   "at",      "be",     "been", "by",
	"can",  "could", "did",   "do",    "does",  "for",  "from", "get",  "getting", "give",   "go",   "got",
	"had",  "has",   "have",  "how",   "i",     "if",   "im",   "in",   "is",      "it",     "ive",  "just",
	"like", "me",    "must",  "my",    "need",  "of",   "on",   "or",   "our",     "please", "so",   "some",
	"that", "the",   "their", "them",  "there", "they", "this", "to",   "up",      "us",     "want", "was",
	"we",   "what",  "when",  "where", "which", "who",  "will", "with", "would",   "you",    "your",
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool is_asking(const struct line *l)
{
	char word[WORD_BYTES_MAX + 1];
	memcpy(word, l->p, l->n);
	word[l->n] = '\0';
	return bsearch(word, asking, sizeof asking / sizeof *asking, sizeof *asking, by_text) != NULL;
}

/* Longer ones first. */
static const char *const asking_han[] = {
	"怎么办理", "怎么样", "怎么办", "哪里办", "要多久", "多少钱", "可不可以", "能不能", "是不是", "怎么", "怎样",
	"如何",     "哪里",   "哪儿",   "什么",   "请问",   "我想",   "我要",     "想要",   "需要",   "可以", "办理",
	"应该",     "我们",   "我的",   "一下",   "在哪",   "的",     "了",       "吗",     "呢",     "吧",   "啊",
	"要",       "想",     "给",     "把",     "和",     "与",     "在",       "我",
};

static size_t asking_at(struct str rest)
{
	for (size_t i = 0; i < sizeof asking_han / sizeof *asking_han; i++) {
		if (str_starts(rest, str_of(asking_han[i]))) {
			return strlen(asking_han[i]);
		}
	}
	return 0;
}

/* --- Reading --- */

void words_begin(struct word_reader *w, const struct han_sounds *sounds, struct str text, bool is_query)
{
	*w = (struct word_reader){.text = text, .sounds = sounds, .is_query = is_query};
}

static uint32_t peek(const struct word_reader *w, size_t *next)
{
	*next = w->at;
	return fold_width(str_rune(w->text, next));
}

static uint16_t sound_of(const struct word_reader *w, uint32_t c)
{
	return c >= HAN_FIRST && c <= HAN_LAST ? w->sounds->of[c - HAN_FIRST] : 0;
}

static void give_pair(struct word_reader *w, struct word *out)
{
	struct line l = {w->bytes[0], 0};
	put_rune(&l, w->before);
	put_rune(&l, w->now);
	*out = (struct word){.kind = WORD_HAN_TWO, .text = str_from(l.p, l.n), .stem = STR_EMPTY, .sound = STR_EMPTY};
	uint16_t first = sound_of(w, w->before), second = sound_of(w, w->now);
	if (first != 0 && second != 0) {
		char *p = w->bytes[1];
		p[0] = '\1'; /* no text begins so */
		memcpy(p + 1, &first, 2);
		memcpy(p + 3, &second, 2);
		out->sound = str_from(p, 5);
	}
	w->has_pair = false;
}

static void give_han(struct word_reader *w, uint32_t c, struct word *out)
{
	struct line l = {w->bytes[0], 0};
	put_rune(&l, c);
	*out = (struct word){.kind = WORD_HAN_ONE, .text = str_from(l.p, l.n), .stem = STR_EMPTY, .sound = STR_EMPTY};
	w->before = w->now;
	w->now = c;
	w->has_pair = w->before != 0;
}

/* False: only a word that asks. */
static bool give_letters(struct word_reader *w, struct word *out)
{
	struct line l = {w->bytes[0], 0};
	while (w->at < w->text.n) {
		size_t next;
		uint32_t c = peek(w, &next);
		if (!is_letter(c) && !is_apostrophe(c)) {
			break;
		}
		if (is_letter(c)) {
			put_folded(&l, c);
		}
		w->at = next;
	}
	if (w->is_query && is_asking(&l)) {
		return false;
	}
	struct str text = str_from(l.p, l.n);
	*out = (struct word){.kind = WORD_LETTERS, .text = text, .stem = stem_of(text, w->bytes[1]), .sound = STR_EMPTY};
	return true;
}

bool words_next(struct word_reader *w, struct word *out)
{
	if (w->has_pair) {
		give_pair(w, out);
		return true;
	}
	while (w->at < w->text.n) {
		size_t next, asks = w->is_query ? asking_at(str_sub(w->text, w->at, w->text.n)) : 0;
		uint32_t c = peek(w, &next);
		if (asks > 0) {
			w->at += asks;
		} else if (is_han(c)) {
			w->at = next;
			give_han(w, c, out);
			return true;
		} else if (is_letter(c)) {
			w->now = 0;
			if (give_letters(w, out)) {
				return true;
			}
			continue;
		} else {
			w->at = next;
		}
		w->now = 0;
	}
	return false;
}

/* --- Likeness --- */

/* Sorted. */
static const char *const endings[] = {
	"",     "able",  "age",    "ages",    "al",     "ance",    "ant", "ation", "ations", "d",     "e",
	"ed",   "ee",    "ees",    "ement",   "ements", "en",      "er",  "ers",   "es",     "i",     "iag",
	"iage", "iages", "ial",    "icate",   "icat",   "ication", "ied", "ier",   "ies",    "ility", "ing",
	"ion",  "ions",  "ition",  "ity",     "ive",    "le",      "led", "ly",    "ment",   "ments", "n",
	"or",   "ors",   "ration", "rations", "ri",     "ry",      "s",   "ship",  "tion",   "ure",   "y",
};

static bool is_ending(struct str s)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		if (str_is(s, endings[i])) {
			return true;
		}
	}
	return false;
}

bool words_are_kin(struct str a, struct str b)
{
	size_t same = 0;
	while (same < a.n && same < b.n && a.p[same] == b.p[same]) {
		same++;
	}
	return same >= 4 && is_ending(str_sub(a, same, a.n)) && is_ending(str_sub(b, same, b.n));
}

/* Three rows of the usual table (optimal string alignment). */
int words_distance(struct str a, struct str b, int most)
{
	int rows[3][WORD_BYTES_MAX + 1];
	int apart = a.n > b.n ? (int)(a.n - b.n) : (int)(b.n - a.n);
	if (apart > most || a.n > WORD_BYTES_MAX || b.n > WORD_BYTES_MAX) {
		return most + 1;
	}
	int *two = rows[0], *one = rows[1], *now = rows[2];
	for (size_t k = 0; k <= b.n; k++) {
		one[k] = (int)k;
	}
	for (size_t i = 1; i <= a.n; i++) {
		now[0] = (int)i;
		int best = now[0];
		for (size_t k = 1; k <= b.n; k++) {
			int d = one[k - 1] + (a.p[i - 1] != b.p[k - 1]);
			d = one[k] + 1 < d ? one[k] + 1 : d;
			d = now[k - 1] + 1 < d ? now[k - 1] + 1 : d;
			bool is_swapped = i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1];
			d = is_swapped && two[k - 2] + 1 < d ? two[k - 2] + 1 : d;
			now[k] = d;
			best = d < best ? d : best;
		}
		if (best > most) {
			return most + 1;
		}
		int *free_row = two;
		two = one;
		one = now;
		now = free_row;
	}
	return one[b.n] > most ? most + 1 : one[b.n];
}

struct scripts words_scripts(struct str text)
{
	struct scripts all = {0};
	struct str rest = text;
	for (struct str piece; str_next(&rest, ' ', &piece);) {
		size_t letters = 0;
		bool is_address = false;
		for (size_t at = 0; at < piece.n;) {
			uint32_t c = fold_width(str_rune(piece, &at));
			bool is_digit = c >= '0' && c <= '9';
			letters += !is_digit && is_letter(c);
			all.han += is_han(c);
			is_address = is_address || c == '@' || c == '/';
		}
		all.letters += letters;
		all.words += letters > 1 && !is_address;
	}
	return all;
}
