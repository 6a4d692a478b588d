/* The form of a service: pages, questions, choices, and the conditions between them. */
#include "app/catalogue/service_read.h"

enum {
	PAGES_MAX = 60,
	QUESTIONS_MAX = 300,
	FILES_MAX = 10,
	TEXT_MAX = 200,
	LONG_TEXT_MAX = 4000,
	TEXT_MOST = 20000,
	CHOICES_MAX = 300,
	DIGITS_MAX = 6,
	ENTRIES_MAX = 20, /* of a group */
	GROUP_QUESTIONS_MAX = 30
};

static const char *const type_names[] = {
	[QUESTION_TEXT] = "text",
	[QUESTION_LONG_TEXT] = "long-text",
	[QUESTION_WHOLE] = "whole-number",
	[QUESTION_MONEY] = "money",
	[QUESTION_DATE] = "date",
	[QUESTION_YES_NO] = "yes-no",
	[QUESTION_ONE_OF] = "one-of",
	[QUESTION_SEVERAL_OF] = "several-of",
	[QUESTION_EMAIL] = "email",
	[QUESTION_PHONE] = "phone",
	[QUESTION_IDENTIFIER] = "identifier",
	[QUESTION_FILES] = "files",
	[QUESTION_DECIMAL] = "decimal",
	[QUESTION_ADDRESS] = "address",
	[QUESTION_PERSON_NAME] = "person-name",
	[QUESTION_GROUP] = "group",
	[QUESTION_GROUP + 1] = NULL,
};
static const char *const class_names[] = {
	[CLASS_PUBLIC] = "public",     [CLASS_INTERNAL] = "internal", [CLASS_PERSONAL] = "personal",
	[CLASS_IDENTITY] = "identity", [CLASS_HEALTH] = "health",     [CLASS_HEALTH + 1] = NULL,
};
/* HTML's autofill detail tokens that a form of an authority can ask for (WCAG 2.2, 1.3.5). */
static const char *const autocomplete_names[] = {"name",
                                                 "given-name",
                                                 "family-name",
                                                 "organization",
                                                 "organization-title",
                                                 "email",
                                                 "tel",
                                                 "street-address",
                                                 "address-line1",
                                                 "address-line2",
                                                 "address-level1",
                                                 "address-level2",
                                                 "postal-code",
                                                 "country-name",
                                                 "bday",
                                                 NULL};

/* A key that only some types have. */
struct typed_key {
	const char *key;
	unsigned types; /* bits by question_type */
};
#define ON(type) (1u << (type))
#define BOUNDED                                                                                                    \
	(ON(QUESTION_TEXT) | ON(QUESTION_LONG_TEXT) | ON(QUESTION_WHOLE) | ON(QUESTION_DECIMAL) | ON(QUESTION_MONEY) | \
	 ON(QUESTION_DATE))
static const struct typed_key typed_keys[] = {
	{"choices", ON(QUESTION_ONE_OF) | ON(QUESTION_SEVERAL_OF)},
	{"unit", ON(QUESTION_WHOLE) | ON(QUESTION_DECIMAL)},
	{"min", BOUNDED | ON(QUESTION_GROUP)},
	{"max", BOUNDED | ON(QUESTION_GROUP)},
	{"min_days", ON(QUESTION_DATE)},
	{"max_days", ON(QUESTION_DATE)},
	{"scheme", ON(QUESTION_IDENTIFIER)},
	{"currency", ON(QUESTION_MONEY)},
	{"evidence", ON(QUESTION_FILES)},
	{"files", ON(QUESTION_FILES)},
	{"digits", ON(QUESTION_DECIMAL)},
	{"item", ON(QUESTION_GROUP)},
	{"questions", ON(QUESTION_GROUP)},
};

static void read_choices(struct reader *r, const struct yaml *m, struct question *q)
{
	static const char *const keys[] = {"id", "label", "hint", NULL};
	const struct yaml *list = read_rows(r, m, "choices", CHOICES_MAX, true);
	size_t n = read_count(list);
	if (list != NULL && n < (q->type == QUESTION_ONE_OF ? 2 : 1)) {
		mistake(r, list->key_line, "there is nothing to choose from. Write at least %d choices.",
		        q->type == QUESTION_ONE_OF ? 2 : 1);
	}
	q->choices = read_list(r, struct choice, n);
	for (const struct yaml *c = list && q->choices ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct choice *choice = &q->choices[q->choice_n];
		choice->id = read_id(r, c, "id", true);
		choice->label = read_text(r, c, "label", true);
		choice->hint = read_text(r, c, "hint", false);
		for (size_t i = 0; i < q->choice_n; i++) {
			if (choice->id.n > 0 && str_eq(q->choices[i].id, choice->id)) {
				mistake(r, line_of(c, "id"), "two choices are named \"%.*s\". Give each its own id.",
				        STR_ARG(choice->id));
			}
		}
		q->choice_n++;
	}
}

static int64_t read_bound(struct reader *r, const struct yaml *m, const char *key, const struct question *q)
{
	switch (q->type) {
	case QUESTION_MONEY:
		return read_amount(r, m, key, q->currency, true);
	case QUESTION_DATE:
		return read_day(r, m, key, true);
	case QUESTION_DECIMAL:
		return read_decimal(r, m, key, q->digits, true);
	case QUESTION_WHOLE:
		return read_whole(r, m, key, -1000000000000, 1000000000000, 0, true);
	default:
		return read_whole(r, m, key, 1, TEXT_MOST, 1, true);
	}
}

static void read_bounds(struct reader *r, const struct yaml *m, struct question *q)
{
	size_t before = r->report->mistakes;
	bool is_text = q->type == QUESTION_TEXT || q->type == QUESTION_LONG_TEXT;
	if (is_text) {
		q->has_max = true;
		q->max = q->type == QUESTION_TEXT ? TEXT_MAX : LONG_TEXT_MAX;
	}
	if (yaml_get(m, "min")) {
		q->has_min = true;
		q->min = read_bound(r, m, "min", q);
	}
	if (yaml_get(m, "max")) {
		q->has_max = true;
		q->max = read_bound(r, m, "max", q);
	}
	if (yaml_get(m, "min_days")) {
		q->has_min_days = true;
		q->min_days = (int32_t)read_whole(r, m, "min_days", -73000, 73000, 0, true);
	}
	if (yaml_get(m, "max_days")) {
		q->has_max_days = true;
		q->max_days = (int32_t)read_whole(r, m, "max_days", -73000, 73000, 0, true);
	}
	if (r->report->mistakes == before && q->has_min && q->has_max && q->min > q->max) {
		mistake(r, line_of(m, "min"),
		        "\"min\" is more than \"max\", so that no answer would be right. Exchange or "
		        "correct them.");
	}
	if (r->report->mistakes == before && q->has_min_days && q->has_max_days && q->min_days > q->max_days) {
		mistake(r, line_of(m, "min_days"),
		        "\"min_days\" is more than \"max_days\", so that no day would be right. "
		        "Exchange or correct them.");
	}
}

static void read_group(struct reader *r, const struct yaml *m, const struct service_context *context,
                       const struct service *s, struct question *q);

static void read_of_type(struct reader *r, const struct yaml *m, const struct service_context *context,
                         const struct service *s, struct question *q)
{
	for (size_t i = 0; i < sizeof typed_keys / sizeof *typed_keys; i++) {
		const struct yaml *c = yaml_get(m, typed_keys[i].key);
		if (c != NULL && (typed_keys[i].types & ON(q->type)) == 0) {
			mistake(r, c->key_line, "a question of type %s has no \"%s\". Take the line out or change the type.",
			        type_names[q->type], typed_keys[i].key);
		}
	}
	switch (q->type) {
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		read_choices(r, m, q);
		break;
	case QUESTION_MONEY:
		q->currency = read_plain(r, m, "currency", false);
		if (q->currency.n == 0) {
			q->currency = context->currency;
		} else if (currency_digits(q->currency) < 0) {
			mistake(r, line_of(m, "currency"),
			        "\"%.*s\" is no currency. Write its three letters by ISO 4217, such as EUR.", STR_ARG(q->currency));
		}
		break;
	case QUESTION_DECIMAL:
		q->digits = (int)read_whole(r, m, "digits", 1, DIGITS_MAX, 2, true);
		break;
	case QUESTION_GROUP:
		read_group(r, m, context, s, q);
		break;
	case QUESTION_IDENTIFIER: {
		int scheme = read_word(r, m, "scheme", identifier_schemes, true);
		q->scheme = scheme < 0 ? STR("plain") : str_of(identifier_schemes[scheme]);
		break;
	}
	case QUESTION_FILES: {
		q->evidence = read_id(r, m, "evidence", true);
		q->files_max = (int)read_whole(r, m, "files", 1, FILES_MAX, 1, false);
		const struct evidence *ev = service_evidence(s, q->evidence);
		if (q->evidence.n > 0 && (ev == NULL || ev->source != EVIDENCE_UPLOAD)) {
			mistake(r, line_of(m, "evidence"),
			        "there is no evidence \"%.*s\" with \"source: upload\". Add it to "
			        "\"evidence\" or correct the name.",
			        STR_ARG(q->evidence));
		}
		break;
	}
	default:
		break;
	}
	if (BOUNDED & ON(q->type)) {
		read_bounds(r, m, q);
	}
}

int read_question_type(struct reader *r, const struct yaml *map)
{
	return read_word(r, map, "type", type_names, true);
}

const char *question_type_name(enum question_type type)
{
	return type_names[type];
}

static void read_fact(struct reader *r, const struct yaml *m, const struct service_context *context, struct question *q)
{
	q->fact = read_id(r, m, "fact", false);
	const struct fact *fact = NULL;
	for (size_t i = 0; i < context->fact_n; i++) {
		fact = str_eq(context->facts[i].id, q->fact) ? &context->facts[i] : fact;
	}
	if (q->fact.n == 0 || context->facts == NULL) {
		return;
	}
	if (fact == NULL) {
		mistake(r, line_of(m, "fact"), "there is no fact \"%.*s\". Add it to facts.yaml or correct the name.",
		        STR_ARG(q->fact));
	} else if (fact->type != q->type) {
		mistake(r, line_of(m, "fact"), "the fact \"%.*s\" is of type %s, the question of type %s. Make them alike.",
		        STR_ARG(q->fact), type_names[fact->type], type_names[q->type]);
	}
}

/* group: which it stands in, or NULL. There it need not say again why it is asked and how it is kept. */
static void read_question(struct reader *r, const struct yaml *m, const struct service_context *context,
                          const struct service *s, const struct question *group, struct question *q)
{
	static const char *const keys[] = {
		"id",   "type",         "label",    "hint",   "unit",     "optional", "show_if",   "choices", "min",
		"max",  "min_days",     "max_days", "scheme", "currency", "evidence", "files",     "error",   "purpose",
		"data", "autocomplete", "fact",     "was",    "digits",   "item",     "questions", NULL};
	read_known_keys(r, m, keys);
	q->id = read_id(r, m, "id", true);
	int type = read_question_type(r, m);
	q->type = type < 0 ? QUESTION_TEXT : (enum question_type)type;
	q->label = read_text(r, m, "label", true);
	q->hint = read_text(r, m, "hint", false);
	q->is_optional = read_flag(r, m, "optional");
	q->show_if = read_condition(r, m, "show_if");
	int data = read_word(r, m, "data", class_names, group == NULL);
	q->data_class = data >= 0 ? (enum data_class)data : group ? group->data_class : CLASS_IDENTITY;
	if (type >= 0) {
		read_of_type(r, m, context, s, q);
	}
	q->unit = read_text(r, m, "unit", false);
	q->error = read_text(r, m, "error", false);
	q->purpose = read_text(r, m, "purpose", group == NULL);
	read_fact(r, m, context, q);
	q->was = read_id(r, m, "was", false);
	int token = read_word(r, m, "autocomplete", autocomplete_names, false);
	q->autocomplete = token < 0 ? STR_EMPTY : str_of(autocomplete_names[token]);
}

/* Names of form fields that are not questions'. */
static bool is_reserved(struct str id)
{
	static const char *const names[] = {"csrf", "op",       "version",     "party",  "remove", "then", "later",
	                                    "send", "question", "declaration", "reason", "back",   "add",  "drop",
	                                    "take", "seen",     "kept",        "told",   NULL};
	for (size_t i = 0; names[i]; i++) {
		if (str_is(id, names[i])) {
			return true;
		}
	}
	return false;
}

/* An answer of several fields has them under ID-PART: a date under ID-day, ID-month and ID-year. */
static bool is_part_of(struct str id, const struct question *q)
{
	const char *const *parts = question_parts(q->type);
	if (parts == NULL || q->id.n == 0 || id.n <= q->id.n + 1 || !str_starts(id, q->id) || id.p[q->id.n] != '-') {
		return false;
	}
	for (size_t i = 0; parts[i]; i++) {
		if (str_is(str_sub(id, q->id.n + 1, SIZE_MAX), parts[i])) {
			return true;
		}
	}
	return false;
}

/* Two ids of one form or one group. False after a mistake. */
static bool are_apart(struct reader *r, int line, const struct question *q, const struct question *other)
{
	if (str_eq(other->id, q->id)) {
		mistake(r, line, "two questions are named \"%.*s\". Give each its own id.", STR_ARG(q->id));
		return false;
	}
	if (other->id.n > 0 && (is_part_of(q->id, other) || is_part_of(other->id, q))) {
		const struct question *long_one = is_part_of(q->id, other) ? other : q;
		mistake(r, line, "the names \"%.*s\" and \"%.*s\" meet in the form, where %s. Choose another id.",
		        STR_ARG(other->id), STR_ARG(q->id),
		        long_one->type == QUESTION_DATE ? "a date has the fields -day, -month and -year"
		        : long_one->type == QUESTION_ADDRESS
		            ? "an address has the fields -lines, -place, -postal-code and -country"
		            : "a name has the fields -full, -family, -given and -latin");
		return false;
	}
	return true;
}

static void check_question_id(struct reader *r, const struct yaml *m, const struct service *s, size_t page_n,
                              const struct question *q)
{
	if (q->id.n == 0) {
		return;
	}
	int line = line_of(m, "id");
	if (is_reserved(q->id)) {
		mistake(r, line, "the name \"%.*s\" is taken by the form itself. Choose another id.", STR_ARG(q->id));
	}
	for (size_t p = 0; p < page_n; p++) {
		const struct form_page *page = &s->pages[p];
		for (size_t i = 0; i < page->question_n && &page->questions[i] != q; i++) {
			if (!are_apart(r, line, q, &page->questions[i])) {
				return;
			}
		}
	}
}

/* "item", how many, and the questions that are asked for each entry; their names meet only each other. */
static void read_group(struct reader *r, const struct yaml *m, const struct service_context *context,
                       const struct service *s, struct question *q)
{
	q->item = read_text(r, m, "item", true);
	q->has_min = true;
	q->has_max = true;
	q->min = read_whole(r, m, "min", 0, ENTRIES_MAX, read_flag(r, m, "optional") ? 0 : 1, false);
	q->max = read_whole(r, m, "max", 1, ENTRIES_MAX, ENTRIES_MAX, false);
	if (q->min > q->max) {
		mistake(r, line_of(m, "min"),
		        "\"min\" is more than \"max\", so that no answer would be right. Exchange or correct them.");
	}
	const struct yaml *list = read_rows(r, m, "questions", GROUP_QUESTIONS_MAX, true);
	size_t n = read_count(list);
	if (list != NULL && n == 0) {
		mistake(r, list->key_line, "the group asks nothing. Add a question or take the group out.");
	}
	q->questions = read_list(r, struct question, n);
	for (const struct yaml *c = list && q->questions ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		struct question *inner = &q->questions[q->question_n];
		const struct yaml *type = yaml_get(c, "type");
		bool is_nested =
			type && type->kind == YAML_TEXT && (str_is(type->text, "group") || str_is(type->text, "files"));
		if (is_nested) {
			mistake(r, type->line, "a group asks for no %.*s. Ask for it outside of the group.", STR_ARG(type->text));
			continue;
		}
		read_question(r, c, context, s, q, inner);
		for (size_t i = 0;
		     inner->id.n > 0 && i < q->question_n && are_apart(r, line_of(c, "id"), inner, &q->questions[i]); i++) {
		}
		q->question_n++;
	}
}

/* --- Conditions --- */

/* Where a question stands, by page; SIZE_MAX: nowhere. */
static size_t page_of(const struct service *s, struct str id)
{
	for (size_t p = 0; p < s->page_n; p++) {
		for (size_t i = 0; i < s->pages[p].question_n; i++) {
			if (str_eq(s->pages[p].questions[i].id, id)) {
				return p;
			}
		}
	}
	return SIZE_MAX;
}

static bool has_value(const struct question *q, struct str value)
{
	if (q->type == QUESTION_YES_NO) {
		return str_is(value, "yes") || str_is(value, "no");
	}
	for (size_t i = 0; i < q->choice_n; i++) {
		if (str_eq(q->choices[i].id, value)) {
			return true;
		}
	}
	return false;
}

/* Questions to which the condition's own question must stand before; `before` is the index of the condition's page,
 * SIZE_MAX for evidence, which has no place in the order. */
static bool check_condition(struct reader *r, int line, const struct service *s, const struct condition *c,
                            size_t before)
{
	if (c->question.n == 0) {
		return false;
	}
	const struct question *q = service_question(s, c->question, NULL);
	if (q == NULL) {
		mistake(r, line, "there is no question \"%.*s\". Correct the name or add the question.", STR_ARG(c->question));
		return false;
	}
	if (q->type != QUESTION_ONE_OF && q->type != QUESTION_SEVERAL_OF && q->type != QUESTION_YES_NO) {
		mistake(r, line,
		        "the question \"%.*s\" has no choices to compare with. Use one of type one-of, several-of or "
		        "yes-no.",
		        STR_ARG(c->question));
		return false;
	}
	if (!has_value(q, c->value)) {
		mistake(r, line, "\"%.*s\" is no answer to \"%.*s\". Write the id of one of its choices%s.", STR_ARG(c->value),
		        STR_ARG(c->question), q->type == QUESTION_YES_NO ? ", yes or no" : "");
		return false;
	}
	if (before != SIZE_MAX && page_of(s, c->question) >= before) {
		mistake(r, line, "the question \"%.*s\" is not asked before this. Move it to an earlier page.",
		        STR_ARG(c->question));
		return false;
	}
	return true;
}

/* Whether condition `later` can hold while `earlier` does: both may be about the same question. */
static bool can_both_hold(const struct service *s, const struct condition *earlier, const struct condition *later)
{
	if (!str_eq(earlier->question, later->question)) {
		return true;
	}
	const struct question *q = service_question(s, later->question, NULL);
	bool is_same = str_eq(earlier->value, later->value);
	if (is_same) {
		return earlier->is_not == later->is_not;
	}
	if (q->type == QUESTION_SEVERAL_OF) {
		return true;
	}
	size_t answers = q->type == QUESTION_YES_NO ? 2 : q->choice_n;
	return earlier->is_not && later->is_not ? answers > 2 : earlier->is_not || later->is_not;
}

/* Follows the conditions under which the question of `c` is asked itself. They refer backwards, so this ends; `looks`
 * ends it before a form that was made for it takes a day. */
static bool is_reachable(const struct service *s, const struct condition *c, int *looks)
{
	if (c->question.n == 0 || c->is_not || --*looks < 0) {
		return true; /* "is not" holds also when its question is not shown */
	}
	const struct form_page *page = NULL;
	const struct question *q = service_question(s, c->question, &page);
	const struct condition *over[2] = {q ? &q->show_if : NULL, page ? &page->show_if : NULL};
	for (size_t i = 0; i < 2; i++) {
		/* Each of these was checked before, so its question stands on an earlier page. */
		if (over[i] == NULL || over[i]->question.n == 0 || page_of(s, over[i]->question) >= page_of(s, c->question)) {
			continue;
		}
		if (!can_both_hold(s, over[i], c) || !is_reachable(s, over[i], looks)) {
			return false;
		}
	}
	return q == NULL || q->show_if.question.n == 0 || page->show_if.question.n == 0 ||
	       can_both_hold(s, &page->show_if, &q->show_if);
}

/* A name of before is nobody's of today, and nobody else's of before. */
static void check_former_names(struct reader *r, const struct yaml *root, const struct service *s)
{
	const struct yaml *list = yaml_get(root, "pages");
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		const struct yaml *questions = yaml_get(c, "questions");
		for (const struct yaml *k = questions ? next_row(questions->first) : NULL; k; k = next_row(k->next)) {
			const struct yaml *was = yaml_get(k, "was");
			if (was && was->kind == YAML_TEXT && service_question(s, was->text, NULL)) {
				mistake(r, was->key_line,
				        "\"%.*s\" is the id of a question of today. Write in \"was\" what this one was called before.",
				        STR_ARG(was->text));
			}
		}
	}
}

/* What stands inside of a group looks back as the group itself does. */
static void check_group_conditions(struct reader *r, const struct yaml *m, const struct service *s,
                                   const struct question *group, size_t page)
{
	const struct yaml *questions = yaml_get(m, "questions");
	size_t i = 0;
	for (const struct yaml *c = questions ? next_row(questions->first) : NULL; c && i < group->question_n;
	     c = next_row(c->next)) {
		struct str id = STR_EMPTY;
		const struct yaml *name = yaml_get(c, "id");
		id = name && name->kind == YAML_TEXT ? str_trim(name->text) : id;
		if (str_eq(id, group->questions[i].id)) { /* those that were refused are not in the list */
			(void)check_condition(r, line_of(c, "show_if"), s, &group->questions[i++].show_if, page);
		}
	}
}

static void check_conditions(struct reader *r, const struct yaml *root, const struct service *s)
{
	int looks = 100000;
	const struct yaml *pages = yaml_get(root, "pages");
	size_t p = 0;
	for (const struct yaml *c = pages ? pages->first : NULL; c && p < s->page_n; c = c->next) {
		if (c->kind != YAML_MAP) {
			continue;
		}
		const struct form_page *page = &s->pages[p];
		int line = line_of(c, "show_if");
		bool is_good = check_condition(r, line, s, &page->show_if, p);
		if (is_good && !is_reachable(s, &page->show_if, &looks)) {
			mistake(r, line,
			        "nobody can ever reach this page: its condition contradicts the one before it. Correct one of the "
			        "two.");
		}
		const struct yaml *questions = yaml_get(c, "questions");
		size_t i = 0;
		for (const struct yaml *k = questions ? questions->first : NULL; k && i < page->question_n; k = k->next) {
			if (k->kind != YAML_MAP) {
				continue;
			}
			const struct question *q = &page->questions[i++];
			int at = line_of(k, "show_if");
			if (q->type == QUESTION_GROUP) {
				check_group_conditions(r, k, s, q, p);
			}
			if (!check_condition(r, at, s, &q->show_if, p)) {
				continue;
			}
			bool has_both = is_good && page->show_if.question.n > 0;
			if (!is_reachable(s, &q->show_if, &looks) || (has_both && !can_both_hold(s, &page->show_if, &q->show_if))) {
				mistake(r, at,
				        "nobody can ever see this question: its condition contradicts the one before it. Correct one "
				        "of the two.");
			}
		}
		p++;
	}
	const struct yaml *evidence = yaml_get(root, "evidence");
	size_t i = 0;
	for (const struct yaml *c = evidence ? evidence->first : NULL; c && i < s->evidence_n; c = c->next) {
		if (c->kind == YAML_MAP) {
			(void)check_condition(r, line_of(c, "show_if"), s, &s->evidence[i++].show_if, SIZE_MAX);
		}
	}
}

/* --- Pages --- */

static void read_page(struct reader *r, const struct yaml *m, const struct service_context *context, struct service *s,
                      struct form_page *page)
{
	static const char *const keys[] = {"id", "title", "intro", "show_if", "questions", NULL};
	read_known_keys(r, m, keys);
	page->id = read_id(r, m, "id", true);
	page->title = read_text(r, m, "title", true);
	page->intro = read_text(r, m, "intro", false);
	page->show_if = read_condition(r, m, "show_if");
	for (size_t i = 0; &s->pages[i] != page; i++) {
		if (page->id.n > 0 && str_eq(s->pages[i].id, page->id)) {
			mistake(r, line_of(m, "id"), "two pages are named \"%.*s\". Give each its own id.", STR_ARG(page->id));
		}
	}
	const struct yaml *list = read_rows(r, m, "questions", QUESTIONS_MAX, true);
	size_t n = read_count(list);
	if (list != NULL && n == 0) {
		mistake(r, list->key_line, "the page asks nothing. Add a question or take the page out.");
	}
	page->questions = read_list(r, struct question, n);
	for (const struct yaml *c = list && page->questions ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		struct question *q = &page->questions[page->question_n++];
		read_question(r, c, context, s, NULL, q);
		check_question_id(r, c, s, s->page_n, q);
	}
}

void read_pages(struct reader *r, const struct yaml *root, const struct service_context *context, struct service *s)
{
	const struct yaml *list = read_rows(r, root, "pages", PAGES_MAX, true);
	size_t n = read_count(list);
	if (list != NULL && n == 0) {
		mistake(r, list->key_line, "the form has no pages. Write at least one.");
	}
	s->pages = read_list(r, struct form_page, n);
	for (const struct yaml *c = list && s->pages ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		s->page_n++; /* counted before it is read, so that names are compared within the page too */
		read_page(r, c, context, s, &s->pages[s->page_n - 1]);
		if (service_question_count(s) > QUESTIONS_MAX) {
			mistake(r, list->key_line, "the form has more than %d questions. Divide the service into several.",
			        QUESTIONS_MAX);
			break;
		}
	}
	check_conditions(r, root, s);
	check_former_names(r, root, s);
}
