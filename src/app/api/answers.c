#include "app/api/answers.h"

#include <stdio.h>

#include "app/forms/value_parts.h"
#include "http/params.h"

/* --- In ---------------------------------------------------------------------------------------------------------- */

struct filling {
	struct req *r;
	struct api_call *c;
	struct param *items;
	size_t n, most;
	bool is_full;
};

static void add(struct filling *f, struct str name, struct str value)
{
	size_t n = value.n;
	char *clean = arena_alloc(&f->r->arena, n + 1, 1);
	if (f->n == f->most || clean == NULL) {
		f->is_full = true;
		return;
	}
	memcpy(clean, value.p, n);
	(void)text_clean(clean, &n); /* line ends; control characters were looked for before */
	f->items[f->n++] = (struct param){name, str_from(clean, n)};
}

static void add_part(struct filling *f, struct str name, const char *part, struct str value)
{
	add(f, arena_printf(&f->r->arena, "%.*s-%s", STR_ARG(name), part), value);
}

static void wrong(struct filling *f, struct str at, const char *msgid)
{
	api_fault_at(f->r, f->c, at, tr(f->r->lang, msgid));
}

static bool is_clean(struct filling *f, const struct json *v, struct str at)
{
	if (v->kind != JSON_STRING) {
		wrong(f, at, N_("Send text in quotes."));
		return false;
	}
	if (str_has_control(v->string, "\n\r\t")) {
		wrong(f, at, N_("Send text without control characters."));
		return false;
	}
	return true;
}

static void take_text(struct filling *f, struct str name, const struct json *v, struct str at)
{
	if (is_clean(f, v, at)) {
		add(f, name, v->string);
	}
}

static void take_date(struct filling *f, struct str name, const struct json *v, struct str at)
{
	day_number day;
	if (v->kind != JSON_STRING || !date_parse(v->string, &day)) {
		wrong(f, at, N_("Send a date such as 2026-11-23."));
		return;
	}
	add_part(f, name, "year", str_sub(v->string, 0, 4));
	add_part(f, name, "month", str_sub(v->string, 5, 2));
	add_part(f, name, "day", str_sub(v->string, 8, 2));
}

static void take_money(struct filling *f, const struct question *q, struct str name, const struct json *v,
                       struct str at)
{
	const struct json *minor = json_get(v, STR("minor"));
	const struct json *currency = json_get(v, STR("currency"));
	int digits = currency_digits(q->currency);
	size_t n = 0;
	for (const struct json *x = v->first; v->kind == JSON_OBJECT && x; x = x->next) {
		n++;
	}
	if (n != 2 || minor == NULL || minor->kind != JSON_INT || currency == NULL || currency->kind != JSON_STRING) {
		wrong(f, at, N_("Send {\"minor\": 1250, \"currency\": \"EUR\"}: a whole number of the smallest unit."));
	} else if (!str_eq(currency->string, q->currency)) {
		wrong(f, arena_printf(&f->r->arena, "%.*s/currency", STR_ARG(at)), N_("This is asked in another currency."));
	} else {
		add(f, name, decimal_text(&f->r->arena, minor->integer, digits < 0 ? 0 : digits));
	}
}

static void take_parts(struct filling *f, const struct question *q, struct str name, const struct json *v,
                       struct str at)
{
	const char *const *parts = question_parts(q->type);
	if (v->kind != JSON_OBJECT) {
		wrong(f, at, N_("Send an object."));
		return;
	}
	for (const struct json *x = v->first; x; x = x->next) {
		struct str where = api_pointer(f->r, at, x->key);
		const char *const *part = parts;
		while (*part && !str_is(x->key, *part)) {
			part++;
		}
		if (*part == NULL) {
			wrong(f, where, N_("We do not know this name. Leave it out."));
		} else if (is_clean(f, x, where)) {
			add_part(f, name, *part, x->string);
		}
	}
}

static void take_list(struct filling *f, struct str name, const struct json *v, struct str at)
{
	size_t n = 0;
	if (v->kind != JSON_ARRAY) {
		wrong(f, at, N_("Send a list."));
		return;
	}
	for (const struct json *x = v->first; x; x = x->next) {
		take_text(f, name, x, arena_printf(&f->r->arena, "%.*s/%zu", STR_ARG(at), n++));
	}
}

static void take(struct filling *f, const struct question *q, struct str name, const struct json *v, struct str at);

static void take_group(struct filling *f, const struct question *q, const struct json *v, struct str at)
{
	size_t n = 0;
	if (v->kind != JSON_ARRAY) {
		wrong(f, at, N_("Send a list."));
		return;
	}
	for (const struct json *x = v->first; x; x = x->next, n++) {
		struct str entry = arena_printf(&f->r->arena, "%.*s/%zu", STR_ARG(at), n);
		if (x->kind != JSON_OBJECT) {
			wrong(f, entry, N_("Send an object."));
			continue;
		}
		for (const struct json *y = x->first; y; y = y->next) {
			struct str where = api_pointer(f->r, entry, y->key);
			size_t k = 0;
			while (k < q->question_n && !str_eq(q->questions[k].id, y->key)) {
				k++;
			}
			if (k == q->question_n) {
				wrong(f, where, N_("This is not asked here."));
			} else {
				take(f, &q->questions[k],
				     arena_printf(&f->r->arena, "%.*s.%zu.%.*s", STR_ARG(q->id), n + 1, STR_ARG(y->key)), y, where);
			}
		}
	}
	if (n > (size_t)q->max) {
		wrong(f, at, N_("These are more entries than are asked for."));
	}
	add(f, arena_printf(&f->r->arena, "%.*s.n", STR_ARG(q->id)), arena_printf(&f->r->arena, "%zu", n));
}

/* A group's questions are no groups: at most once again. */
static void take(struct filling *f, const struct question *q, struct str name,
                 const struct json *v, // NOLINT(misc-no-recursion)
                 struct str at)
{
	if (v->kind == JSON_NULL) { /* takes the answer away, as empty fields do */
		if (q->type == QUESTION_GROUP) {
			add(f, arena_printf(&f->r->arena, "%.*s.n", STR_ARG(q->id)), STR("0"));
		}
		return;
	}
	switch (q->type) {
	case QUESTION_DATE:
		take_date(f, name, v, at);
		return;
	case QUESTION_MONEY:
		take_money(f, q, name, v, at);
		return;
	case QUESTION_WHOLE:
		if (v->kind == JSON_INT) {
			add(f, name, arena_printf(&f->r->arena, "%lld", (long long)v->integer));
		} else {
			wrong(f, at, N_("Send a whole number."));
		}
		return;
	case QUESTION_YES_NO:
		if (v->kind == JSON_TRUE || v->kind == JSON_FALSE) {
			add(f, name, v->kind == JSON_TRUE ? STR("yes") : STR("no"));
		} else {
			wrong(f, at, N_("Send true or false."));
		}
		return;
	case QUESTION_SEVERAL_OF:
		take_list(f, name, v, at);
		return;
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		take_parts(f, q, name, v, at);
		return;
	case QUESTION_GROUP:
		take_group(f, q, v, at);
		return;
	case QUESTION_FILES:
		wrong(f, at, N_("Send files one by one to the address for files."));
		return;
	case QUESTION_TEXT:
	case QUESTION_LONG_TEXT:
	case QUESTION_ONE_OF:
	case QUESTION_EMAIL:
	case QUESTION_PHONE:
	case QUESTION_IDENTIFIER:
	case QUESTION_DECIMAL:
		break;
	}
	take_text(f, name, v, at);
}

bool answers_to_form(struct req *r, struct api_call *c, const struct service *s, const struct json *sent)
{
	struct filling f = {.r = r, .c = c, .most = PARAMS_MAX, .items = arena_new(&r->arena, struct param, PARAMS_MAX)};
	if (f.items == NULL) {
		return false;
	}
	for (size_t i = 0; i < r->form.n && f.n < f.most; i++) {
		f.items[f.n++] = r->form.items[i];
	}
	for (const struct json *x = sent ? sent->first : NULL; x && !f.is_full; x = x->next) {
		const struct question *q = service_question(s, x->key, NULL);
		struct str at = api_pointer(r, STR("/answers"), x->key);
		if (q == NULL) {
			wrong(&f, at, N_("This is not asked here."));
		} else {
			take(&f, q, q->id, x, at);
		}
	}
	r->form = (struct params){f.items, f.n};
	return !f.is_full;
}

struct str answers_pointer(struct req *r, struct str field)
{
	struct str group;
	struct str rest;
	struct str entry;
	struct str id;
	uint64_t n;
	if (str_cut(field, '.', &group, &rest) && str_cut(rest, '.', &entry, &id) && str_to_u64(entry, &n) && n > 0) {
		return arena_printf(&r->arena, "/answers/%.*s/%llu/%.*s", STR_ARG(group), (unsigned long long)n - 1,
		                    STR_ARG(id));
	}
	return arena_printf(&r->arena, "/answers/%.*s", STR_ARG(field));
}

/* --- Out --------------------------------------------------------------------------------------------------------- */

static void put_integer_text(struct json_out *j, struct str s)
{
	int64_t v;
	if (str_to_i64(s, &v)) {
		json_put_int(j, v);
	} else {
		json_put_string(j, s);
	}
}

static void put_list(struct json_out *j, const struct answer *a)
{
	json_begin_array(j);
	for (size_t i = 0; i < a->value_n; i++) {
		json_put_string(j, a->values[i]);
	}
	json_end_array(j);
}

static void put_entries(struct req *r, struct json_out *j, const struct question *q,
                        const struct answer *a) // NOLINT(misc-no-recursion)
{
	json_begin_array(j);
	for (size_t i = 0; i < a->entry_n; i++) {
		json_begin_object(j);
		for (size_t k = 0; k < q->question_n; k++) {
			const struct answer *inner = answers_find(&a->entries[i], q->questions[k].id);
			if (answer_is_given(inner)) {
				json_key(j, q->questions[k].id);
				put_answer(r, j, &q->questions[k], inner);
			}
		}
		json_end_object(j);
	}
	json_end_array(j);
}

void put_answer(struct req *r, struct json_out *j, const struct question *q,
                const struct answer *a) // NOLINT(misc-no-recursion)
{
	const char *const *parts = question_parts(q->type);
	struct str first = a->value_n > 0 ? a->values[0] : STR_EMPTY;
	int64_t minor;
	switch (q->type) {
	case QUESTION_WHOLE:
		put_integer_text(j, first);
		return;
	case QUESTION_YES_NO:
		json_put_bool(j, str_is(first, "yes"));
		return;
	case QUESTION_MONEY:
		json_begin_object(j);
		put_int(j, "minor", str_to_i64(first, &minor) ? minor : 0);
		put_str(j, "currency", q->currency);
		json_end_object(j);
		return;
	case QUESTION_SEVERAL_OF:
	case QUESTION_FILES:
		put_list(j, a);
		return;
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		json_begin_object(j);
		for (size_t i = 0; i < a->value_n && parts[i]; i++) {
			put_str(j, parts[i], a->values[i]);
		}
		json_end_object(j);
		return;
	case QUESTION_GROUP:
		put_entries(r, j, q, a);
		return;
	default:
		json_put_string(j, first);
	}
}

static void put_names(struct json_out *j, const struct question *q, const struct answer *a,
                      const struct file_list *files)
{
	json_key(j, q->id);
	json_begin_array(j);
	for (size_t i = 0; files && i < files->n; i++) {
		if (!files->items[i].is_replaced && str_eq(files->items[i].question, q->id)) {
			json_put_string(j, files->items[i].filename);
		}
	}
	for (size_t i = 0; a && i < a->value_n; i++) { /* a paper that we issued ourselves: its case's number */
		json_put_string(j, a->values[i]);
	}
	json_end_array(j);
}

void put_answers(struct req *r, struct json_out *j, const char *key, const struct service *s, const struct answers *as,
                 const struct file_list *files)
{
	put_key(j, key);
	json_begin_object(j);
	for (size_t i = 0; i < s->page_n; i++) {
		for (size_t k = 0; k < s->pages[i].question_n; k++) {
			const struct question *q = &s->pages[i].questions[k];
			const struct answer *a = answers_find(as, q->id);
			if (q->type == QUESTION_FILES && (answer_is_given(a) || (files && files_count(files, q->id) > 0))) {
				put_names(j, q, a, files);
			} else if (answer_is_given(a)) {
				json_key(j, q->id);
				put_answer(r, j, q, a);
			}
		}
	}
	json_end_object(j);
}
