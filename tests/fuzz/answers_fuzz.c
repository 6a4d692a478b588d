/* What people type into the fields of a form: the first byte says which type of question, the rest is the text (for a
 * date cut at line breaks). Reading never crashes; what is accepted keeps the question's rules, is read again as the
 * same when it is shown as a person would have typed it, and goes to JSON and back; what is refused says why.
 * Addresses, names and passwords are looked at as well. Needs app. */
#include "app/forms/scheme.h"
#include "app/forms/value.h"
#include "app/people/accounts.h"
#include "app/people/email.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct choice choices[] = {{.id = {"red", 3}, .label = {{{"Red", 3}}}},
                                  {.id = {"green", 5}, .label = {{{"Green", 5}}}},
                                  {.id = {"blue", 4}, .label = {{{"Blue", 4}}}}};

static const struct question questions[] = {
	{.id = {"q", 1}, .type = QUESTION_TEXT, .has_max = true, .max = 200},
	{.id = {"q", 1}, .type = QUESTION_LONG_TEXT, .has_max = true, .max = 4000},
	{.id = {"q", 1}, .type = QUESTION_WHOLE, .has_min = true, .min = -5, .has_max = true, .max = 1000000000},
	{.id = {"q", 1}, .type = QUESTION_MONEY, .currency = {"EUR", 3}},
	{.id = {"q", 1}, .type = QUESTION_MONEY, .currency = {"JPY", 3}, .has_min = true, .min = 0},
	{.id = {"q", 1}, .type = QUESTION_MONEY, .currency = {"KWD", 3}},
	{.id = {"q", 1}, .type = QUESTION_DATE},
	{.id = {"q", 1},
     .type = QUESTION_DATE,
     .has_min_days = true,
     .min_days = -40000,
     .has_max_days = true,
     .max_days = 9},
	{.id = {"q", 1}, .type = QUESTION_YES_NO},
	{.id = {"q", 1}, .type = QUESTION_ONE_OF, .choices = choices, .choice_n = 3},
	{.id = {"q", 1}, .type = QUESTION_SEVERAL_OF, .choices = choices, .choice_n = 3, .is_optional = true},
	{.id = {"q", 1}, .type = QUESTION_EMAIL, .is_optional = true},
	{.id = {"q", 1}, .type = QUESTION_PHONE},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"cn-uscc", 7}},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"cn-resident", 11}},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"lei", 3}},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"plain", 5}},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"cn-vin", 6}},
	{.id = {"q", 1}, .type = QUESTION_IDENTIFIER, .scheme = {"iban", 4}},
	{.id = {"q", 1}, .type = QUESTION_DECIMAL, .digits = 1},
	{.id = {"q", 1}, .type = QUESTION_DECIMAL, .digits = 6, .has_min = true, .min = -5000000},
	{.id = {"q", 1}, .type = QUESTION_ADDRESS},
	{.id = {"q", 1}, .type = QUESTION_PERSON_NAME, .is_optional = true},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void type_in(const struct question *q, struct str text, struct str pieces[QUESTION_PARTS_MAX], struct typed *t)
{
	struct str rest = text;
	bool has_parts = q->type == QUESTION_ADDRESS || q->type == QUESTION_PERSON_NAME;
	*t = (struct typed){.text = text, .day = STR_EMPTY, .month = STR_EMPTY, .year = STR_EMPTY};
	for (size_t i = 0; i < QUESTION_PARTS_MAX; i++) {
		if (!str_next(&rest, has_parts ? '\t' : '\n', &pieces[i])) {
			pieces[i] = STR_EMPTY;
		}
		t->parts[i] = pieces[i];
	}
	if (q->type == QUESTION_DATE) {
		t->day = pieces[0];
		t->month = pieces[1];
		t->year = pieces[2];
	} else if (q->type == QUESTION_SEVERAL_OF) {
		t->chosen = pieces;
		t->chosen_n = 3;
	}
}

static bool same(const struct answer *a, const struct answer *b)
{
	bool is_same = a->value_n == b->value_n;
	for (size_t i = 0; is_same && i < a->value_n; i++) {
		is_same = str_eq(a->values[i], b->values[i]);
	}
	return is_same;
}

static void there_and_back(struct arena *arena, const struct answer *a)
{
	struct answers as = {.items = arena_new(arena, struct answer, 1), .n = 1};
	struct answers again;
	struct err e;
	struct buf b;
	must(as.items != NULL);
	as.items[0] = *a;
	buf_init(&b, 1 << 20);
	answers_put_json(&b, &as);
	must(!b.failed && answers_parse(arena, buf_str(&b), &again, &e));
	const struct answer *back = answers_find(&again, a->question);
	must(back != NULL ? same(a, back) : a->value_n == 0);
	buf_release(&b);
}

/* The same answer within an entry goes to JSON and back too, and keeps the rules of the group. */
static void in_a_group(struct arena *arena, const struct question *q, const struct answer *a)
{
	struct question inner = *q;
	struct question group = {.id = STR("g"), .type = QUESTION_GROUP, .max = 2, .questions = &inner, .question_n = 1};
	struct answer one = *a;
	struct answers entry = {.items = &one, .n = 1};
	struct answer value = {.question = group.id, .entries = &entry, .entry_n = 1};
	struct answers all = {.items = &value, .n = 1};
	struct answers again;
	struct value_rules r = {.arena = arena, .lang = STR("en"), .today = 20776, .calling_code = STR("999")};
	struct value_fault why;
	struct err e;
	struct buf b;
	buf_init(&b, 1 << 20);
	answers_put_json(&b, &all);
	must(!b.failed && answers_parse(arena, buf_str(&b), &again, &e));
	const struct answer *back = answers_find(&again, group.id);
	must(back != NULL && back->entry_n == 1 && value_check(&r, &group, back, &why));
	const struct answer *there = answers_find(&back->entries[0], q->id);
	must(there != NULL ? same(a, there) : a->value_n == 0);
	buf_reset(&b);
	struct html_out o = {.to = &b, .lang = STR("en")};
	answer_put_html(&o, &group, &again);
	must(!b.failed && str_find(buf_str(&b), STR("<script")) == SIZE_MAX);
	buf_release(&b);
}

static void look_at_answer(struct arena *arena, const struct question *q, struct str text)
{
	struct str pieces[QUESTION_PARTS_MAX];
	struct typed t;
	struct typed shown;
	struct answer a;
	struct answer again;
	struct value_fault why;
	struct value_rules r = {.arena = arena, .lang = STR("en"), .today = 20776, .calling_code = STR("999")};
	type_in(q, text, pieces, &t);
	if (!value_read(&r, q, &t, &a, &why)) {
		must(why.say.n > 0 && str_is_utf8(why.say));
		return;
	}
	must(value_check(&r, q, &a, &why));
	for (size_t i = 0; i < a.value_n; i++) {
		must((a.values[i].n > 0 || question_parts(q->type) != NULL) && str_is_utf8(a.values[i]));
	}
	value_to_typed(arena, q, &a, &shown);
	must(value_read(&r, q, &shown, &again, &why) && same(&a, &again));
	there_and_back(arena, &a);
	in_a_group(arena, q, &a);
	struct answers as = {.items = &a, .n = 1};
	struct buf b;
	buf_init(&b, 1 << 20);
	struct html_out o = {.to = &b, .lang = STR("en")};
	answer_put_html(&o, q, &as);
	must(!b.failed && b.n > 0 && str_find(buf_str(&b), STR("<script")) == SIZE_MAX);
	buf_release(&b);
}

static void look_at_people(struct arena *arena, struct str text)
{
	struct str out = STR_EMPTY;
	struct str again = STR_EMPTY;
	if (email_read(arena, text, &out)) {
		must(out.n <= EMAIL_BYTES_MAX && email_read(arena, out, &again) && str_eq(out, again));
		must(email_key(arena, out).n == out.n);
	}
	if (people_read_name(arena, text, &out)) {
		must(people_read_name(arena, out, &again) && str_eq(out, again) && str_is_utf8(out));
	}
	const char *weakness = password_weakness(text, STR("Lin Xiaohe"), STR("lin@example.org"));
	must(weakness != NULL || (text.n >= PASSWORD_CHARS_MIN && text.n <= PASSWORD_BYTES_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Handlers get valid UTF-8 without control characters but tab and line feed. */
	struct str text = str_from(data + (n > 0), n > 0 ? n - 1 : 0);
	if (n == 0 || n > 8192 || !str_is_utf8(text) || str_has_control(text, "\n\t")) {
		return 0;
	}
	struct arena arena;
	arena_init(&arena, 64 << 20);
	look_at_answer(&arena, &questions[data[0] % QUESTIONS], text);
	look_at_people(&arena, text);
	must(!arena.is_full);
	arena_release(&arena);
	return 0;
}
