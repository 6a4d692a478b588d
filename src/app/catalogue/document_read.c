/* The document that a grant gives: title, lines with places for answers, ways of handing it over. */
#include "app/catalogue/hand_over.h"
#include "app/catalogue/service_read.h"

enum { LINES_MAX = 40, NOTICES_MAX = DOCUMENT_NOTICES_MAX, DAYS_MAX = 1000 };

/* What a line may name beside the answers of its own form. */
static const char *const words[] = {"applicant", "number", "case", "issued", "valid-until", "office"};

bool template_next(struct str text, size_t *at, struct str *plain, struct str *name)
{
	struct str rest = str_sub(text, *at, SIZE_MAX);
	size_t open = str_find_byte(rest, '{');
	*name = STR_EMPTY;
	if (rest.n == 0) {
		return false;
	}
	size_t close = open == SIZE_MAX ? SIZE_MAX : str_find_byte(str_sub(rest, open, SIZE_MAX), '}');
	if (close == SIZE_MAX) {
		*plain = rest;
		*at = text.n;
		return true;
	}
	*plain = str_sub(rest, 0, open);
	*name = str_sub(rest, open + 1, close - 1);
	*at += open + close + 1;
	return true;
}

const struct question *document_question(const struct service *s, struct str name)
{
	const struct question *q = service_question(s, name, NULL);
	for (size_t i = 0; q == NULL && i < s->page_n; i++) {
		for (size_t k = 0; q == NULL && k < s->pages[i].question_n; k++) {
			if (name.n > 0 && str_eq(s->pages[i].questions[k].fact, name)) {
				q = &s->pages[i].questions[k];
			}
		}
	}
	return q;
}

static bool is_word(struct str name)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_is(name, words[i])) {
			return true;
		}
	}
	return false;
}

static void check_places(struct reader *r, int line, const struct service *s, struct str text)
{
	struct str plain, name;
	size_t opens = 0, closes = 0, places = 0;
	for (size_t i = 0; i < text.n; i++) {
		opens += text.p[i] == '{';
		closes += text.p[i] == '}';
	}
	for (size_t at = 0; template_next(text, &at, &plain, &name);) {
		if (name.n == 0) {
			continue;
		}
		places++;
		const struct question *q = document_question(s, name);
		if (q && q->type == QUESTION_FILES) {
			mistake(r, line, "{%.*s} names papers, which cannot be printed in a document. Name another question.",
			        STR_ARG(name));
		} else if (q == NULL && !is_word(name) && str_find_byte(name, '{') == SIZE_MAX) {
			mistake(r, line,
			        "there is no question \"%.*s\", and none with this fact. Correct the name in braces, or write "
			        "{applicant}, "
			        "{number}, {case}, {issued}, {valid-until} or {office}.",
			        STR_ARG(name));
		}
	}
	if (opens != closes || opens != places) {
		mistake(r, line,
		        "braces stand only around a name, as in {applicant}. Close the one that is open, or take it out.");
	}
}

static bool has_place(struct str text, struct str wanted)
{
	struct str plain, name;
	for (size_t at = 0; template_next(text, &at, &plain, &name);) {
		if (name.n > 0 && str_eq(name, wanted)) {
			return true;
		}
	}
	return false;
}

/* What one language's reader is told, the others' are. */
static void check_languages(struct reader *r, int line, const struct text *t)
{
	for (size_t a = 0; a < LANG_COUNT; a++) {
		for (size_t b = 0; b < LANG_COUNT; b++) {
			struct str plain, name;
			bool is_pair = a != b && r->has_lang[a] && r->has_lang[b] && t->in[a].n > 0 && t->in[b].n > 0;
			for (size_t at = 0; is_pair && template_next(t->in[a], &at, &plain, &name);) {
				if (name.n > 0 && !has_place(t->in[b], name)) {
					mistake(r, line, "{%.*s} stands in one language and not in the other. Write it in both.",
					        STR_ARG(name));
				}
			}
		}
	}
}

static void read_line(struct reader *r, const struct yaml *m, const struct service *s, struct document_line *line)
{
	static const char *const keys[] = {"term", "text", NULL};
	read_known_keys(r, m, keys);
	line->term = read_text(r, m, "term", false);
	line->text = read_text(r, m, "text", true);
	size_t before = r->report->mistakes;
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (i != LANG_MADE_UP && before == r->report->mistakes) {
			check_places(r, line_of(m, "text"), s, line->text.in[i]);
		}
	}
	if (before == r->report->mistakes) {
		check_languages(r, line_of(m, "text"), &line->text);
	}
}

static unsigned read_ways(struct reader *r, const struct yaml *m)
{
	size_t n = 0;
	unsigned ways = 0;
	const struct str *list = read_ids(r, m, "hand_over", &n);
	for (size_t i = 0; list && i < n; i++) {
		const struct hand_over_way *w = hand_over_named(list[i]);
		if (w == NULL) {
			mistake(r, line_of(m, "hand_over"),
			        "\"%.*s\" is no way of handing over. Write download, collect or post, or several of them.",
			        STR_ARG(list[i]));
		} else {
			ways |= w->way;
		}
	}
	return ways ? ways : HAND_OVER_DOWNLOAD;
}

static void read_notices(struct reader *r, const struct yaml *m, struct document_template *d)
{
	const struct yaml *list = read_child(r, m, "notice_days", YAML_LIST, false);
	static const int usual[] = {60, 14};
	for (size_t i = 0; list == NULL && i < 2; i++) {
		d->notice_days[d->notice_n++] = usual[i];
	}
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		uint64_t days;
		if (c->kind != YAML_TEXT || !str_to_u64(c->text, &days) || days < 1 || days > DAYS_MAX ||
		    d->notice_n == NOTICES_MAX) {
			mistake(r, c->line, "\"notice_days\" are at most %d whole numbers from 1 to %d, such as [60, 14].",
			        NOTICES_MAX, DAYS_MAX);
			return;
		}
		d->notice_days[d->notice_n++] = (int)days;
	}
}

void read_document_template(struct reader *r, const struct yaml *root, struct service *s)
{
	static const char *const keys[] = {"title", "lines", "hand_over", "notice_days", NULL};
	struct document_template *d = &s->document;
	const struct yaml *m = read_child(r, root, "document", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	if (s->issues_document.n == 0) {
		mistake(
			r, line_of(root, "document"),
			"a document is made, but \"issues\" does not say which paper that is. Add \"issues\" with \"document\".");
	}
	d->line = line_of(root, "document");
	d->title = read_text(r, m, "title", true);
	d->ways = read_ways(r, m);
	read_notices(r, m, d);
	const struct yaml *list = read_rows(r, m, "lines", LINES_MAX, true);
	d->lines = read_list(r, struct document_line, read_count(list));
	for (const struct yaml *c = list && d->lines ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_line(r, c, s, &d->lines[d->line_n++]);
	}
}
