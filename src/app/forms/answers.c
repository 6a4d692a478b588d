#include "app/forms/answers.h"

#include "base/json.h"
#include "html/translate.h"

enum { ANSWERS_MOST = 10000 };

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

/* How many answers there may be in all, entries of groups counted too. */
struct parsing {
	struct arena *arena;
	size_t left;
};

static bool parse_object(struct parsing *p, const struct json *object, bool may_have_groups, struct answers *out,
                         struct err *e);

static bool parse_entries(struct parsing *p, const struct json *list, struct answer *item, struct err *e)
{
	size_t n = 0;
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		n++;
	}
	item->entries = arena_new(p->arena, struct answers, n);
	if (item->entries == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		if (!parse_object(p, v, false, &item->entries[item->entry_n++], e)) {
			return false;
		}
	}
	return true;
}

static bool parse_values(struct parsing *p, const struct json *j, struct answer *item, struct err *e)
{
	const struct json *first = j->kind == JSON_ARRAY ? j->first : j;
	size_t n = 0;
	for (const struct json *v = first; v != NULL; v = j->kind == JSON_ARRAY ? v->next : NULL) {
		if (v->kind != JSON_STRING) {
			return err_set(e, ERR_CORRUPT, "an answer is no text");
		}
		n++;
	}
	item->values = arena_new(p->arena, struct str, n + 1);
	if (item->values == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (const struct json *v = first; v != NULL; v = j->kind == JSON_ARRAY ? v->next : NULL) {
		item->values[item->value_n++] = v->string;
	}
	return true;
}

static bool parse_object(struct parsing *p, const struct json *object, bool may_have_groups, struct answers *out,
                         struct err *e)
{
	size_t n = 0;
	for (const struct json *j = object->first; j != NULL; j = j->next) {
		n++;
	}
	if (object->kind != JSON_OBJECT) {
		return err_set(e, ERR_CORRUPT, "answers are no JSON object");
	}
	if (n > p->left) {
		return err_set(e, ERR_CORRUPT, "more than %d answers", ANSWERS_MOST);
	}
	p->left -= n;
	out->items = arena_new(p->arena, struct answer, n + 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (const struct json *j = object->first; j != NULL; j = j->next) {
		struct answer *item = &out->items[out->n++];
		bool is_group = may_have_groups && j->kind == JSON_ARRAY && j->first && j->first->kind == JSON_OBJECT;
		item->question = j->key;
		if (is_group ? !parse_entries(p, j, item, e) : !parse_values(p, j, item, e)) {
			return false;
		}
	}
	return true;
}

bool answers_parse(struct arena *a, struct str json, struct answers *out, struct err *e)
{
	struct json *root = NULL;
	struct parsing p = {a, ANSWERS_MOST};
	*out = (struct answers){0};
	return json.n == 0 || (json_parse(a, json, &root, e) && parse_object(&p, root, true, out, e));
}

static void put_object(struct json_out *j, const struct answers *as)
{
	json_begin_object(j);
	for (size_t i = 0; i < as->n; i++) {
		const struct answer *item = &as->items[i];
		if (!answer_is_given(item)) {
			continue;
		}
		json_key(j, item->question);
		if (item->value_n == 1) {
			json_put_string(j, item->values[0]);
			continue;
		}
		json_begin_array(j);
		for (size_t k = 0; k < item->value_n; k++) {
			json_put_string(j, item->values[k]);
		}
		for (size_t k = 0; k < item->entry_n; k++) {
			put_object(j, &item->entries[k]);
		}
		json_end_array(j);
	}
	json_end_object(j);
}

void answers_put_json(struct buf *to, const struct answers *as)
{
	struct json_out j = {.to = to};
	put_object(&j, as);
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

bool answers_add_usual(struct arena *a, const struct service *s, struct answers *as, struct err *e)
{
	for (size_t i = 0; i < s->page_n; i++) {
		for (size_t k = 0; k < s->pages[i].question_n; k++) {
			struct question *q = &s->pages[i].questions[k];
			if (q->usual.n > 0 && !answer_is_given(find(as, q->id)) &&
			    !answers_set(a, as, &(struct answer){.question = q->id, .values = &q->usual, .value_n = 1}, e)) {
				return false;
			}
		}
	}
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

/* The entries without answers to questions that are hidden. */
static bool entries_shown(struct arena *a, const struct question *group, const struct answers *shown,
                          struct answer *one, struct err *e)
{
	struct answers *entries = arena_new(a, struct answers, one->entry_n + 1);
	for (size_t i = 0; entries != NULL && i < one->entry_n; i++) {
		struct answers *entry = &entries[i];
		entry->items = arena_new(a, struct answer, group->question_n + 1);
		for (size_t k = 0; entry->items != NULL && k < group->question_n; k++) {
			const struct question *q = &group->questions[k];
			const struct answer *inner = find(&one->entries[i], q->id);
			if (inner != NULL && condition_holds(&q->show_if, shown)) {
				entry->items[entry->n++] = *inner;
			}
		}
	}
	one->entries = entries;
	return (entries != NULL && !a->is_full) || err_set(e, ERR_MEMORY, "no room for answers");
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
				out->items[out->n] = *one;
				if (one->entry_n > 0 && !entries_shown(a, &p->questions[k], out, &out->items[out->n], e)) {
					return false;
				}
				out->n++;
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

/* A decimal as it is kept, its whole part in groups. */
static void put_decimal(struct buf *to, struct str s)
{
	struct str whole;
	struct str fraction;
	int64_t v = 0;
	bool has_point = str_cut(s, '.', &whole, &fraction);
	if (!str_to_i64(whole, &v)) {
		buf_put(to, s);
		return;
	}
	buf_put_c(to, v == 0 && str_starts(whole, STR("-")) ? "-" : "");
	format_number(to, v);
	if (has_point) {
		buf_put_byte(to, '.');
		buf_put(to, fraction);
	}
}

static void put_unit(struct buf *to, struct str unit)
{
	if (unit.n > 0) {
		buf_put_byte(to, ' ');
		buf_put(to, unit);
	}
}

/* In the order of an envelope. */
static void put_address(struct buf *to, const struct answer *a)
{
	struct str part[QUESTION_PARTS_MAX] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
	for (size_t i = 0; i < a->value_n && i < QUESTION_PARTS_MAX; i++) {
		part[i] = a->values[i];
	}
	buf_put(to, part[0]);
	buf_put_c(to, "\n");
	buf_put(to, part[2]);
	buf_put_c(to, part[2].n > 0 ? " " : "");
	buf_put(to, part[1]);
	buf_put_c(to, part[3].n > 0 ? "\n" : "");
	buf_put(to, part[3]);
}

static void put_person_name(struct buf *to, struct str lang, const struct answer *a)
{
	buf_put(to, a->values[0]);
	const char *const words[] = {NULL, N_("Family name: {name}"), N_("Given name: {name}"),
	                             N_("In Latin letters: {name}")};
	for (size_t i = 1; i < a->value_n && i < QUESTION_PARTS_MAX; i++) {
		if (a->values[i].n > 0) {
			buf_put_byte(to, '\n');
			tr_put_plain(to, tr(lang, words[i]), (const struct tr_arg[]){TR_O("name", a->values[i])}, 1);
		}
	}
}

void answer_put_entry_name(struct buf *to, struct str lang, const struct question *group, size_t index)
{
	const struct tr_arg args[] = {TR_O("what", text_in(&group->item, lang)), TR_I("n", (int64_t)index + 1)};
	tr_put_plain(to, tr(lang, N_("{what} {n}")), args, 2);
}

/* A label that ends as a question needs no colon. */
static const char *colon_after(struct str label, struct str lang)
{
	bool has_end = str_ends(label, STR("?")) || str_ends(label, STR("？"));
	return str_starts(lang, STR("zh")) ? (has_end ? "" : "：") : has_end ? " " : ": ";
}

static void put_entries_plain(struct buf *to, struct str lang, const struct question *group, const struct answer *a)
{
	for (size_t i = 0; i < a->entry_n; i++) {
		buf_put_c(to, i > 0 ? "\n\n" : "");
		answer_put_entry_name(to, lang, group, i);
		for (size_t k = 0; k < group->question_n; k++) {
			const struct question *q = &group->questions[k];
			struct str label = text_in(&q->label, lang);
			if (find(&a->entries[i], q->id) == NULL && q->show_if.question.n > 0) {
				continue; /* it was not asked */
			}
			buf_put_byte(to, '\n');
			buf_put(to, label);
			buf_put_c(to, colon_after(label, lang));
			answer_put_plain(to, lang, q, &a->entries[i]);
		}
	}
}

void answer_put_plain(struct buf *to, struct str lang, const struct question *q, const struct answers *as)
{
	const struct answer *a = find(as, q->id);
	int64_t v = 0;
	day_number day = 0;
	if (q->type == QUESTION_GROUP && a != NULL && a->entry_n > 0) {
		put_entries_plain(to, lang, q, a);
		return;
	}
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
			put_unit(to, unit);
			return;
		}
		break;
	case QUESTION_DECIMAL:
		put_decimal(to, s);
		put_unit(to, unit);
		return;
	case QUESTION_ADDRESS:
		put_address(to, a);
		return;
	case QUESTION_PERSON_NAME:
		put_person_name(to, lang, a);
		return;
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

/* Phrasing content alone: it stands in labels and struck out too. */
static void put_entries_html(struct html_out *o, const struct question *group, const struct answer *a)
{
	struct buf name;
	buf_init(&name, 4096);
	for (size_t i = 0; i < a->entry_n; i++) {
		buf_reset(&name);
		answer_put_entry_name(&name, o->lang, group, i);
		buf_put_c(o->to, i > 0 ? "<br><b>" : "<b>");
		html_put_text(o, buf_str(&name));
		buf_put_c(o->to, "</b>");
		for (size_t k = 0; k < group->question_n; k++) {
			const struct question *q = &group->questions[k];
			struct str label = text_in(&q->label, o->lang);
			if (find(&a->entries[i], q->id) == NULL && q->show_if.question.n > 0) {
				continue;
			}
			buf_put_c(o->to, "<br><span class=\"quiet\">");
			html_put_text(o, label);
			buf_put_c(o->to, colon_after(label, o->lang));
			buf_put_c(o->to, "</span>");
			answer_put_html(o, q, &a->entries[i]);
		}
	}
	buf_release(&name);
}

void answer_put_html(struct html_out *o, const struct question *q, const struct answers *as)
{
	struct buf plain;
	const struct answer *a = find(as, q->id);
	if (q->type == QUESTION_GROUP && a != NULL && a->entry_n > 0) {
		put_entries_html(o, q, a);
		return;
	}
	buf_init(&plain, 1024 * 1024);
	answer_put_plain(&plain, o->lang, q, as);
	/* Free text is somebody's own and may run the other way; all else is in the page's language. */
	bool is_theirs = q->type == QUESTION_TEXT || q->type == QUESTION_LONG_TEXT || q->type == QUESTION_EMAIL ||
	                 q->type == QUESTION_PHONE || q->type == QUESTION_IDENTIFIER || q->type == QUESTION_ADDRESS ||
	                 q->type == QUESTION_PERSON_NAME;
	bool is_open = is_theirs && answers_value(as, q->id).n > 0;
	buf_put_c(o->to, is_open ? "<bdi>" : "");
	put_lines(o, buf_str(&plain));
	buf_put_c(o->to, is_open ? "</bdi>" : "");
	buf_release(&plain);
}
