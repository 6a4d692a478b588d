#include "app/catalogue/reader.h"

#include "app/catalogue/words.h"
#include "base/pseudo.h"
#include "html/translate.h"

enum { TEXT_BYTES_MAX = 6000, PLAIN_BYTES_MAX = 300, ID_BYTES_MAX = 64, PAIRS_MAX = 60, MISTAKE_BYTES_MAX = 4096 };
enum { NAME_WORDS_MAX = 3, NAME_CHARACTERS_MAX = 4 };

/* What the file's author wrote may be cut in the middle of a character or hold line breaks. */
static void put_visible(struct buf *to, struct str s)
{
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		buf_put_rune(to, c < 0x20 || (c >= 0x7f && c < 0xa0) ? ' ' : c);
	}
}

void mistake(struct reader *r, int line, const char *fmt, ...)
{
	struct buf *b = &r->report->text, words;
	buf_init(&words, MISTAKE_BYTES_MAX);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&words, fmt, ap);
	va_end(ap);
	put_visible(b, r->file);
	buf_put_byte(b, ':');
	buf_put_i64(b, line);
	buf_put(b, STR(": "));
	put_visible(b, buf_str(&words));
	buf_put_byte(b, '\n');
	buf_release(&words);
	r->report->mistakes++;
}

/* Does the line begin with white space that has a tab in it? Editors show both alike. */
static bool has_tab(struct str bytes, uint64_t line)
{
	struct str rest = bytes, one = STR_EMPTY;
	for (uint64_t i = 0; i < line; i++) {
		if (!str_next(&rest, '\n', &one)) {
			return false;
		}
	}
	size_t at = 0;
	while (at < one.n && one.p[at] == ' ') {
		at++;
	}
	return at < one.n && one.p[at] == '\t';
}

struct yaml *read_yaml(struct reader *r, struct arena *tree, struct str bytes)
{
	struct yaml *root = NULL;
	struct err e;
	if (!yaml_parse(tree, bytes, &root, &e)) {
		if (e.code == ERR_MEMORY || tree->is_full) {
			r->arena->is_full = true;
			return NULL;
		}
		/* "line 12, column 3: why" */
		struct str text = str_of(e.text), head, why;
		uint64_t line = 1;
		if (str_starts(text, STR("line ")) && str_cut(str_sub(text, 5, SIZE_MAX), ',', &head, &why)) {
			(void)str_to_u64(head, &line);
			size_t at = str_find(why, STR(": "));
			text = at == SIZE_MAX ? why : str_sub(why, at + 2, SIZE_MAX);
		}
		if (has_tab(bytes, line)) {
			mistake(r, (int)line, "the line begins with a tab. Indent with spaces, as in the lines beside it.");
			return NULL;
		}
		mistake(r, (int)line,
		        "this is no YAML that we read: %.*s. Look at indents, quotes and colons here and just above.",
		        STR_ARG(text));
		return NULL;
	}
	if (root->kind != YAML_MAP) {
		mistake(r, root->line, "the file has to begin with keys, such as \"format: 1\". Write the keys at its start.");
		return NULL;
	}
	return root;
}

/* --- Keys --- */

/* Levenshtein's distance, for short words. */
static size_t distance(struct str a, struct str b)
{
	size_t row[ID_BYTES_MAX + 1];
	if (a.n > ID_BYTES_MAX || b.n > ID_BYTES_MAX) {
		return SIZE_MAX;
	}
	for (size_t k = 0; k <= b.n; k++) {
		row[k] = k;
	}
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.n; k++) {
			size_t best = corner + (a.p[i - 1] != b.p[k - 1]);
			best = row[k] + 1 < best ? row[k] + 1 : best;
			best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
			corner = row[k];
			row[k] = best;
		}
	}
	return row[b.n];
}

static struct str nearest(struct str word, const char *const *words)
{
	struct str best = STR_EMPTY;
	size_t least = word.n / 2 + 1 < 4 ? word.n / 2 + 1 : 4;
	for (; *words; words++) {
		size_t d = distance(word, str_of(*words));
		if (d < least) {
			least = d;
			best = str_of(*words);
		}
	}
	return best;
}

static struct str listed(struct reader *r, const char *const *words)
{
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; words[i]; i++) {
		buf_put(&b, i == 0 ? STR_EMPTY : words[i + 1] ? STR(", ") : STR(" or "));
		buf_put_c(&b, words[i]);
	}
	struct str s = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

void read_known_keys(struct reader *r, const struct yaml *map, const char *const *keys)
{
	if (map == NULL || map->kind != YAML_MAP) {
		return;
	}
	for (const struct yaml *c = map->first; c; c = c->next) {
		bool is_known = false;
		for (size_t i = 0; keys[i] && !is_known; i++) {
			is_known = str_is(c->key, keys[i]);
		}
		if (is_known) {
			continue;
		}
		struct str near = nearest(c->key, keys);
		if (near.n > 0) {
			mistake(r, c->key_line, "unknown key \"%.*s\". Did you mean \"%.*s\"?", STR_ARG(str_sub(c->key, 0, 80)),
			        STR_ARG(near));
		} else {
			mistake(r, c->key_line, "unknown key \"%.*s\". Known here: %.*s.", STR_ARG(str_sub(c->key, 0, 80)),
			        STR_ARG(listed(r, keys)));
		}
	}
}

int line_of(const struct yaml *map, const char *key)
{
	const struct yaml *c = yaml_get(map, key);
	return c ? c->line : map ? map->line : 1;
}

static const char *kind_name(enum yaml_kind kind)
{
	return kind == YAML_TEXT   ? "a single value"
	       : kind == YAML_LIST ? "a list (lines that begin with \"- \")"
	                           : "keys with values";
}

const struct yaml *read_child(struct reader *r, const struct yaml *map, const char *key, enum yaml_kind kind,
                              bool is_needed)
{
	const struct yaml *c = yaml_get(map, key);
	if (c == NULL || (c->kind == YAML_TEXT && c->text.n == 0 && kind != YAML_TEXT)) {
		if (is_needed) {
			mistake(r,
			        c     ? c->key_line
			        : map ? map->line
			              : 1,
			        "\"%s\" is missing. Write it as %s.", key, kind_name(kind));
		}
		return NULL;
	}
	if (c->kind != kind) {
		mistake(r, c->key_line, "\"%s\" is %s. Write it as %s.", key, kind_name(c->kind), kind_name(kind));
		return NULL;
	}
	return c;
}

size_t read_count(const struct yaml *list)
{
	size_t n = 0;
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		n++;
	}
	return n;
}

const struct yaml *next_row(const struct yaml *c)
{
	while (c != NULL && c->kind != YAML_MAP) {
		c = c->next;
	}
	return c;
}

const struct yaml *read_rows(struct reader *r, const struct yaml *map, const char *key, size_t most, bool is_needed)
{
	const struct yaml *list = read_child(r, map, key, YAML_LIST, is_needed);
	size_t n = read_count(list);
	if (n > most) {
		mistake(r, list->key_line, "\"%s\" has %zu entries. Write at most %zu.", key, n, most);
		return NULL;
	}
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		if (c->kind != YAML_MAP) {
			mistake(r, c->line,
			        "an entry of \"%s\" has no keys. Begin it with \"- \" and one key, and write the others "
			        "below.",
			        key);
		}
	}
	return list;
}

/* --- Values --- */

static bool has_hidden(struct str s)
{
	return str_has_control(s, "\n");
}

struct str read_plain(struct reader *r, const struct yaml *map, const char *key, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	if (c == NULL) {
		return STR_EMPTY;
	}
	struct str s = str_trim(c->text);
	if (s.n == 0) {
		if (is_needed) {
			mistake(r, c->key_line, "\"%s\" is empty. Write its value.", key);
		}
		return STR_EMPTY;
	}
	if (s.n > PLAIN_BYTES_MAX) {
		mistake(r, c->line, "\"%s\" is longer than %d bytes. Write it shorter.", key, PLAIN_BYTES_MAX);
		return STR_EMPTY;
	}
	if (str_has_control(s, "")) {
		mistake(r, c->line, "\"%s\" holds a control character. Write it in one line of visible characters.", key);
		return STR_EMPTY;
	}
	return arena_copy(r->arena, s);
}

static bool is_id(struct str s)
{
	if (s.n == 0 || s.n > ID_BYTES_MAX || s.p[0] < 'a' || s.p[0] > 'z' || s.p[s.n - 1] == '-') {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && s.p[i - 1] != '-'))) {
			return false;
		}
	}
	return true;
}

static struct str id_of(struct reader *r, const struct yaml *c, const char *key)
{
	struct str s = c->kind == YAML_TEXT ? str_trim(c->text) : STR_EMPTY;
	if (!is_id(s)) {
		mistake(
			r, c->line,
			"\"%.*s\" is no name for \"%s\". Use small letters, digits and single hyphens, beginning with a letter, at "
			"most %d.",
			STR_ARG(str_sub(s, 0, 80)), key, ID_BYTES_MAX);
		return STR_EMPTY;
	}
	return arena_copy(r->arena, s);
}

struct str read_id(struct reader *r, const struct yaml *map, const char *key, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	return c ? id_of(r, c, key) : STR_EMPTY;
}

struct str *read_ids(struct reader *r, const struct yaml *map, const char *key, size_t *n)
{
	*n = 0;
	const struct yaml *list = read_child(r, map, key, YAML_LIST, false);
	struct str *ids = read_list(r, struct str, read_count(list));
	for (const struct yaml *c = list && ids ? list->first : NULL; c; c = c->next) {
		struct str id = id_of(r, c, key);
		if (id.n > 0) {
			ids[(*n)++] = id;
		}
	}
	return ids;
}

static struct str pseudo(struct reader *r, struct str english)
{
	struct buf b;
	buf_init(&b, 16 * TEXT_BYTES_MAX);
	pseudo_text(&b, english);
	struct str s = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool is_made_up(const struct language *l)
{
	return str_is(STR("ar-XB"), l->tag);
}

/* The text of another language, pasted here. Names, numbers, addresses and abbreviations are the same in both; so a few
 * words of letters pass in Chinese, and a few characters (a language's own name) in English. */
static bool is_in_other_language(const struct language *l, struct str text)
{
	struct scripts has = words_scripts(text);
	return l->is_han ? has.han == 0 && has.words > NAME_WORDS_MAX
	                 : has.han > has.letters && has.han > NAME_CHARACTERS_MAX;
}

struct text read_text_node(struct reader *r, const struct yaml *node, const char *what)
{
	struct text t = {{STR_EMPTY, STR_EMPTY, STR_EMPTY}};
	if (node->kind != YAML_MAP) {
		mistake(r, node->key_line > 0 ? node->key_line : node->line,
		        "\"%s\" has no languages. Write one line a language below it, such as \"en: ...\".", what);
		return t;
	}
	const char *keys[LANG_COUNT + 1] = {0};
	size_t key_n = 0;
	for (size_t i = 0; i < LANG_COUNT && languages[i].tag; i++) {
		const struct language *l = &languages[i];
		if (is_made_up(l) || !r->has_lang[i]) {
			continue;
		}
		keys[key_n++] = l->tag;
		const struct yaml *c = yaml_get(node, l->tag);
		struct str s = c && c->kind == YAML_TEXT ? str_trim(c->text) : STR_EMPTY;
		if (s.n == 0) {
			mistake(r,
			        c                    ? c->key_line
			        : node->key_line > 0 ? node->key_line
			                             : node->line,
			        "\"%s\" has no text in %s. Add a line \"%s: ...\".", what, l->name, l->tag);
		} else if (s.n > TEXT_BYTES_MAX) {
			mistake(r, c->line, "\"%s\" in %s is longer than %d bytes. Write it shorter.", what, l->name,
			        TEXT_BYTES_MAX);
		} else if (has_hidden(s)) {
			mistake(r, c->line, "\"%s\" in %s holds a control character. Write it in visible characters.", what,
			        l->name);
		} else if (is_in_other_language(l, s)) {
			mistake(r, c->line, "\"%s\" in %s is %s: is it the text of another language? Write it in %s.", what,
			        l->name, l->is_han ? "without a Chinese character" : "mostly in Chinese characters", l->name);
		} else {
			t.in[i] = arena_copy(r->arena, s);
		}
	}
	read_known_keys(r, node, keys);
	for (size_t i = 0; i < LANG_COUNT && languages[i].tag; i++) {
		if (is_made_up(&languages[i]) && t.in[0].n > 0) {
			t.in[i] = pseudo(r, t.in[0]);
		}
	}
	return t;
}

struct text read_text(struct reader *r, const struct yaml *map, const char *key, bool is_needed)
{
	const struct yaml *c = yaml_get(map, key);
	if (c == NULL || (c->kind == YAML_TEXT && c->text.n == 0)) {
		if (is_needed) {
			mistake(r,
			        c     ? c->key_line
			        : map ? map->line
			              : 1,
			        "\"%s\" is missing. Write it with one line a language.", key);
		}
		return (struct text){{STR_EMPTY, STR_EMPTY, STR_EMPTY}};
	}
	return read_text_node(r, c, key);
}

int64_t read_whole(struct reader *r, const struct yaml *map, const char *key, int64_t least, int64_t most,
                   int64_t otherwise, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	if (c == NULL) {
		return otherwise;
	}
	int64_t v = 0;
	if (!str_to_i64(c->text, &v)) {
		mistake(r, c->line, "\"%s\" is \"%.*s\". Write a whole number in digits, such as %lld.", key,
		        STR_ARG(str_sub(c->text, 0, 40)),
		        (long long)(otherwise > least ? otherwise
		                    : least > 0       ? least
		                                      : 1));
		return otherwise;
	}
	if (v < least || v > most) {
		mistake(r, c->line, "\"%s\" is %lld. Write a number from %lld to %lld.", key, (long long)v, (long long)least,
		        (long long)most);
		return otherwise;
	}
	return v;
}

/* Digits, perhaps a point and at most `digits` more. */
static bool parse_amount(struct str s, int digits, int64_t *minor)
{
	struct str units, fraction;
	bool has_point = str_cut(s, '.', &units, &fraction);
	uint64_t whole = 0, part = 0;
	/* At most six digits after the point: the product fits. */
	if (!str_to_u64(units, &whole) || whole > (digits > 3 ? INT64_MAX / 10000000 : INT64_MAX / 10000) ||
	    (has_point && (fraction.n == 0 || fraction.n > (size_t)digits || !str_to_u64(fraction, &part)))) {
		return false;
	}
	for (int i = 0; i < digits; i++) {
		whole *= 10;
		part *= (size_t)i < fraction.n || !has_point ? 1 : 10;
	}
	*minor = (int64_t)(whole + part);
	return true;
}

int64_t read_amount(struct reader *r, const struct yaml *map, const char *key, struct str currency, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	int digits = currency_digits(currency);
	int64_t minor = 0;
	if (c != NULL && digits >= 0 && !parse_amount(c->text, digits, &minor)) {
		mistake(r, c->line, "\"%s\" is \"%.*s\", which is no amount in %.*s. Write digits, such as %s.", key,
		        STR_ARG(str_sub(c->text, 0, 40)), STR_ARG(currency), digits > 0 ? "2000000 or 12.50" : "2000000");
	}
	return minor;
}

int64_t read_decimal(struct reader *r, const struct yaml *map, const char *key, int digits, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	bool is_negative = c != NULL && str_starts(c->text, STR("-"));
	int64_t units = 0;
	if (c != NULL && !parse_amount(str_sub(c->text, is_negative, SIZE_MAX), digits, &units)) {
		mistake(r, c->line, "\"%s\" is \"%.*s\". Write a number with at most %d digits after the point, such as 12.5.",
		        key, STR_ARG(str_sub(c->text, 0, 40)), digits);
	}
	return is_negative ? -units : units;
}

day_number read_day(struct reader *r, const struct yaml *map, const char *key, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	day_number day = 0;
	if (c != NULL && !date_parse(c->text, &day)) {
		mistake(r, c->line, "\"%s\" is \"%.*s\", which is no day. Write it as 2026-09-01.", key,
		        STR_ARG(str_sub(c->text, 0, 40)));
	}
	return day;
}

bool read_flag(struct reader *r, const struct yaml *map, const char *key)
{
	static const char *const words[] = {"no", "yes", NULL};
	return read_word(r, map, key, words, false) == 1;
}

int read_word(struct reader *r, const struct yaml *map, const char *key, const char *const *words, bool is_needed)
{
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, is_needed);
	if (c == NULL) {
		return -1;
	}
	for (int i = 0; words[i]; i++) {
		if (str_is(c->text, words[i])) {
			return i;
		}
	}
	mistake(r, c->line, "\"%s\" is \"%.*s\". Write %.*s.", key, STR_ARG(str_sub(c->text, 0, 40)),
	        STR_ARG(listed(r, words)));
	return -1;
}

struct condition read_condition(struct reader *r, const struct yaml *map, const char *key)
{
	struct condition none = {.question = STR_EMPTY, .value = STR_EMPTY};
	const struct yaml *c = read_child(r, map, key, YAML_TEXT, false);
	if (c == NULL) {
		return none;
	}
	struct str rest = str_trim(c->text), words[4];
	size_t n = 0;
	for (struct str piece; str_next(&rest, ' ', &piece);) {
		if (piece.n > 0 && n < 4) {
			words[n] = piece;
		}
		n += piece.n > 0;
	}
	bool is_not = n == 4 && str_is(words[2], "not");
	if ((n != 3 && !is_not) || !str_is(words[1], "is") || !is_id(words[0]) || !is_id(words[n - 1])) {
		mistake(r, c->line, "\"%s: %.*s\" is no condition. Write \"QUESTION is CHOICE\" or \"QUESTION is not CHOICE\".",
		        key, STR_ARG(str_sub(c->text, 0, 80)));
		return none;
	}
	return (struct condition){
		.question = arena_copy(r->arena, words[0]), .is_not = is_not, .value = arena_copy(r->arena, words[n - 1])};
}

struct pair_of_texts *read_pairs(struct reader *r, const struct yaml *map, const char *key, bool is_text_needed,
                                 size_t *n)
{
	static const char *const keys[] = {"term", "text", NULL};
	*n = 0;
	const struct yaml *list = read_rows(r, map, key, PAIRS_MAX, true);
	struct pair_of_texts *pairs = read_list(r, struct pair_of_texts, read_count(list));
	for (const struct yaml *c = list && pairs ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		pairs[*n].term = read_text(r, c, "term", true);
		pairs[*n].text = read_text(r, c, "text", is_text_needed);
		(*n)++;
	}
	return pairs;
}

void read_format(struct reader *r, const struct yaml *root)
{
	const struct yaml *c = yaml_get(root, "format");
	if (c == NULL || c->kind != YAML_TEXT || !str_is(c->text, "1")) {
		mistake(r, c ? c->key_line : root->line,
		        "\"format\" %s. Write \"format: 1\", the format that this program reads.",
		        c ? "is not 1" : "is missing");
	}
}
