#include "app/forms/answers.h"

#include "base/json.h"
#include "html/translate.h"

enum { ANSWERS_MOST = 2000 };

static const struct answer *find(const struct answers *as, struct str question)
{
	for (size_t i = 0; i < as->n; i++) {
		if (str_eq(as->items[i].question, question)) {
			return &as->items[i];
		}
	}
	return NULL;
}

const struct answer *answers_find(const struct answers *as, struct str question)
{
	return find(as, question);
}

bool answers_parse(struct arena *a, struct str json, struct answers *out, struct err *e)
{
	struct json *root = NULL;
	*out = (struct answers){0};
	if (json.n == 0) {
		return true;
	}
	if (!json_parse(a, json, &root, e)) {
		return false;
	}
	if (root->kind != JSON_OBJECT) {
		return err_set(e, ERR_CORRUPT, "answers are no JSON object");
	}
	size_t n = 0;
	for (const struct json *j = root->first; j != NULL; j = j->next) {
		n++;
	}
	if (n > ANSWERS_MOST) {
		return err_set(e, ERR_CORRUPT, "more than %d answers", ANSWERS_MOST);
	}
	out->items = arena_new(a, struct answer, n + 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (const struct json *j = root->first; j != NULL; j = j->next) {
		struct answer *item = &out->items[out->n];
		const struct json *first = j->kind == JSON_ARRAY ? j->first : j;
		item->question = j->key;
		for (const struct json *v = first; v != NULL; v = j->kind == JSON_ARRAY ? v->next : NULL) {
			if (v->kind != JSON_STRING) {
				return err_set(e, ERR_CORRUPT, "an answer is no text");
			}
			item->value_n++;
		}
		item->values = arena_new(a, struct str, item->value_n + 1);
		if (item->values == NULL) {
			return err_set(e, ERR_MEMORY, "no room for answers");
		}
		size_t k = 0;
		for (const struct json *v = first; v != NULL; v = j->kind == JSON_ARRAY ? v->next : NULL) {
			item->values[k++] = v->string;
		}
		out->n++;
	}
	return true;
}

void answers_put_json(struct buf *to, const struct answers *as)
{
	struct json_out j = {.to = to};
	json_begin_object(&j);
	for (size_t i = 0; i < as->n; i++) {
		const struct answer *item = &as->items[i];
		if (item->value_n == 0) {
			continue;
		}
		json_key(&j, item->question);
		if (item->value_n == 1) {
			json_put_string(&j, item->values[0]);
			continue;
		}
		json_begin_array(&j);
		for (size_t k = 0; k < item->value_n; k++) {
			json_put_string(&j, item->values[k]);
		}
		json_end_array(&j);
	}
	json_end_object(&j);
}

bool answers_set(struct arena *a, struct answers *as, const struct answer *value, struct err *e)
{
	for (size_t i = 0; i < as->n; i++) {
		if (str_eq(as->items[i].question, value->question)) {
			as->items[i] = *value;
			return true;
		}
	}
	struct answer *items = arena_new(a, struct answer, as->n + 1);
	if (items == NULL || as->n >= ANSWERS_MOST) {
		return err_set(e, ERR_MEMORY, "no room for an answer");
	}
	if (as->n > 0) {
		memcpy(items, as->items, as->n * sizeof(*items));
	}
	items[as->n] = *value;
	as->items = items;
	as->n++;
	return true;
}

struct str answers_value(const struct answers *as, struct str question)
{
	const struct answer *a = find(as, question);
	return a != NULL && a->value_n > 0 ? a->values[0] : STR_EMPTY;
}

/* --- What is shown ----------------------------------------------------------------------------------------------- */

bool condition_holds(const struct condition *c, const struct answers *as)
{
	if (c->question.n == 0) {
		return true;
	}
	const struct answer *a = find(as, c->question);
	bool is_there = false;
	for (size_t i = 0; a != NULL && i < a->value_n; i++) {
		is_there = is_there || str_eq(a->values[i], c->value);
	}
	return is_there != c->is_not;
}

bool page_is_shown(const struct form_page *p, const struct answers *as)
{
	return condition_holds(&p->show_if, as);
}

bool question_is_shown(const struct form_page *p, const struct question *q, const struct answers *as)
{
	return page_is_shown(p, as) && condition_holds(&q->show_if, as);
}

bool answers_shown(struct arena *a, const struct service *s, const struct answers *as, struct answers *out,
                   struct err *e)
{
	*out = (struct answers){.items = arena_new(a, struct answer, as->n + 1)};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	/* In the order of the pages: a condition looks back, at what is left of the answers before it. */
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		for (size_t k = 0; k < p->question_n && page_is_shown(p, out); k++) {
			const struct answer *one = find(as, p->questions[k].id);
			if (one != NULL && out->n < as->n && question_is_shown(p, &p->questions[k], out)) {
				out->items[out->n++] = *one;
			}
		}
	}
	return true;
}

/* --- For readers ------------------------------------------------------------------------------------------------- */

static struct str choice_label(const struct question *q, struct str id, struct str lang)
{
	for (size_t i = 0; i < q->choice_n; i++) {
		if (str_eq(q->choices[i].id, id)) {
			return text_in(&q->choices[i].label, lang);
		}
	}
	return id; /* of a version that had this choice */
}

static struct str yes_or_no(struct str value, struct str lang)
{
	return str_is(value, "yes") ? tr(lang, N_("Yes")) : tr(lang, N_("No"));
}

void answer_put_plain(struct buf *to, struct str lang, const struct question *q, const struct answers *as)
{
	const struct answer *a = find(as, q->id);
	int64_t v = 0;
	day_number day = 0;
	if (a == NULL || a->value_n == 0) {
		buf_put(to, tr(lang, N_("Not answered")));
		return;
	}
	struct str s = a->values[0];
	struct str unit = text_in(&q->unit, lang);
	switch (q->type) {
	case QUESTION_WHOLE:
		if (str_to_i64(s, &v)) {
			format_number(to, v);
			if (unit.n > 0) {
				buf_put_byte(to, ' ');
				buf_put(to, unit);
			}
			return;
		}
		break;
	case QUESTION_MONEY:
		if (str_to_i64(s, &v)) {
			format_money(to, lang, v, q->currency);
			return;
		}
		break;
	case QUESTION_DATE:
		if (date_parse(s, &day)) {
			format_date(to, lang, 0, day, DATE_WITH_YEAR);
			return;
		}
		break;
	case QUESTION_YES_NO:
		buf_put(to, yes_or_no(s, lang));
		return;
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		for (size_t i = 0; i < a->value_n; i++) {
			buf_put(to, i > 0 ? STR("\n") : STR_EMPTY);
			buf_put(to, choice_label(q, a->values[i], lang));
		}
		return;
	default:
		break;
	}
	buf_put(to, s);
}

static void put_lines(struct html_out *o, struct str s)
{
	struct str line;
	bool is_first = true;
	for (struct str rest = s; str_next(&rest, '\n', &line); is_first = false) {
		buf_put_c(o->to, is_first ? "" : "<br>");
		html_put_text(o, line);
	}
}

void answer_put_html(struct html_out *o, const struct question *q, const struct answers *as)
{
	struct buf plain;
	buf_init(&plain, 1024 * 1024);
	answer_put_plain(&plain, o->lang, q, as);
	/* Free text is somebody's own and may run the other way; all else is in the page's language. */
	bool is_theirs = q->type == QUESTION_TEXT || q->type == QUESTION_LONG_TEXT || q->type == QUESTION_EMAIL ||
	                 q->type == QUESTION_PHONE || q->type == QUESTION_IDENTIFIER;
	bool is_open = is_theirs && answers_value(as, q->id).n > 0;
	buf_put_c(o->to, is_open ? "<bdi>" : "");
	put_lines(o, buf_str(&plain));
	buf_put_c(o->to, is_open ? "</bdi>" : "");
	buf_release(&plain);
}
