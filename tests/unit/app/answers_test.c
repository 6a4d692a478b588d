/* Answers: what people type for every type of question, the canonical form, the rules; conditions; JSON there and back;
 * identifiers of registers. */
#include "../unit.h"

#include "app/forms/answers.h"
#include "app/forms/scheme.h"
#include "app/forms/value.h"
#include "app/people/email.h"

static struct arena arena;
static struct value_rules rules;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20);
	rules = (struct value_rules){.arena = &arena,
	                             .lang = STR("en"),
	                             .today = date_to_day((struct date){2026, 11, 18}),
	                             .calling_code = STR("86")};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct value_fault fault;

/* The canonical answer of one text; NULL when refused. "" when nothing was written and nothing is needed. */
static const char *read_text(const struct question *q, const char *typed)
{
	struct answer a;
	struct typed t = {.text = str_of(typed), .day = STR_EMPTY, .month = STR_EMPTY, .year = STR_EMPTY};
	if (!value_read(&rules, q, &t, &a, &fault)) {
		assert_true(fault.say.n > 0);
		return NULL;
	}
	return a.value_n == 0 ? "" : arena_cstr(&arena, a.values[0]);
}

static const char *read_date(const struct question *q, const char *day, const char *month, const char *year)
{
	struct answer a;
	struct typed t = {.text = STR_EMPTY, .day = str_of(day), .month = str_of(month), .year = str_of(year)};
	if (!value_read(&rules, q, &t, &a, &fault)) {
		assert_true(fault.say.n > 0);
		return NULL;
	}
	return a.value_n == 0 ? "" : arena_cstr(&arena, a.values[0]);
}

struct pair {
	const char *typed, *canonical; /* NULL: refused */
};

static void try_all(const struct question *q, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = read_text(q, pairs[i].typed);
		if ((got == NULL) != (pairs[i].canonical == NULL) || (got != NULL && strcmp(got, pairs[i].canonical) != 0)) {
			fail_msg("\"%s\": got %s, want %s", pairs[i].typed, got ? got : "a refusal",
			         pairs[i].canonical ? pairs[i].canonical : "a refusal");
		}
	}
}
#define TRY(q, pairs) try_all((q), (pairs), sizeof(pairs) / sizeof *(pairs))

static void whole_numbers_are_read_as_people_write_them(void **state)
{
	(void)state;
	struct question q = {
		.id = STR("n"), .type = QUESTION_WHOLE, .has_min = true, .has_max = true, .min = 0, .max = 99999999};
	static const struct pair pairs[] = {
		{"85", "85"},
		{" 85 ", "85"},
		{"085", "85"},
		{"1,250", "1250"},
		{"1 250", "1250"},
		{"1'250'000", "1250000"},
		{"1\xE2\x80\xAF"
	     "250",
	     "1250"},
		{"12,34,567", NULL},
		{"1.250", NULL},
		{"1.250.000", "1250000"},
		{"85.0", "85"},
		{"85.5", NULL},
		{"８５", "85"},
		{"１，２５０", "1250"},
		{"八十五", "85"},
		{"二百五十", "250"},
		{"十", "10"},
		{"二〇二六", "2026"},
		{"三千零五", "3005"},
		{"两百万", "2000000"},
		{"200万", "2000000"},
		{"1.5万", "15000"},
		{"一千二百万", "12000000"},
		{"贰拾伍", "25"},
		{"\xD9\xA8\xD9\xA5", "85"},
		{"about eighty", NULL},
		{"85 m2", NULL},
		{"-5", NULL},
		{"--5", NULL},
		{"", NULL},
		{"   ", NULL},
		{"99999999", "99999999"},
		{"100000000", NULL},
		{"99999999999999999999999", NULL},
		{"万", NULL},
		{".", NULL},
		{",", NULL},
		{"1e5", NULL},
		{"0x10", NULL},
	};
	TRY(&q, pairs);
	q.is_optional = true;
	assert_string_equal(read_text(&q, ""), "");
}

static void money_is_kept_in_minor_units(void **state)
{
	(void)state;
	struct question q = {.id = STR("m"), .type = QUESTION_MONEY, .currency = STR("EUR"), .has_min = true, .min = 0};
	static const struct pair pairs[] = {
		{"2000000", "200000000"},
		{"2,000,000", "200000000"},
		{"2 000 000.50", "200000050"},
		{"2.000.000,50", "200000050"},
		{"12,5", "1250"},
		{"12.50", "1250"},
		{"EUR 12.50", "1250"},
		{"12.50 eur", "1250"},
		{"\xE2\x82\xAC"
	     "12",
	     "1200"},
		{"￥200万", "200000000"},
		{"200万元", "200000000"},
		{"1.5万", "1500000"},
		{"两百万元", "200000000"},
		{"12.505", NULL},
		{"12.500", NULL},
		{"12.5000", "1250"},
		{"1,2.3.4", NULL},
		{"twelve", NULL},
	};
	TRY(&q, pairs);
	struct question yen = {.id = STR("y"), .type = QUESTION_MONEY, .currency = STR("JPY")};
	assert_string_equal(read_text(&yen, "1,200"), "1200");
	assert_null(read_text(&yen, "1200.5"));
	struct question dinar = {.id = STR("d"), .type = QUESTION_MONEY, .currency = STR("KWD")};
	assert_string_equal(read_text(&dinar, "1.250"), "1250");
}

static void numbers_survive_being_shown_again(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct question q = {.id = STR("m"), .type = QUESTION_MONEY, .currency = STR("EUR")};
	for (int i = 0; i < 2000; i++) {
		int64_t v = (int64_t)prng_below(&r, INT64_C(100000000000)) - 1000;
		struct str text = arena_printf(&arena, "%lld", (long long)v);
		struct answer a = {.question = q.id, .values = &text, .value_n = 1};
		struct typed t;
		value_to_typed(&arena, &q, &a, &t);
		struct answer again;
		assert_true(value_read(&rules, &q, &t, &again, &fault));
		assert_true(str_eq(again.values[0], text));
	}
}

static void limits_are_named_in_the_refusal(void **state)
{
	(void)state;
	struct question q = {
		.id = STR("n"), .type = QUESTION_WHOLE, .has_min = true, .has_max = true, .min = 10, .max = 2000};
	assert_null(read_text(&q, "9"));
	assert_str(fault.say, "Write a number from 10 to 2,000.");
	assert_false(fault.is_own);
	q.error.in[0] = STR("Write the floor area in figures, such as 85.");
	assert_null(read_text(&q, "9"));
	assert_str(fault.say, "Write the floor area in figures, such as 85.");
	assert_true(fault.is_own);
	rules.lang = STR("zh-Hans");
	q.error.in[1] = STR("请用数字填写面积，例如85。");
	assert_null(read_text(&q, "x"));
	assert_str(fault.say, "请用数字填写面积，例如85。");
}

static void dates_are_read_from_three_fields(void **state)
{
	(void)state;
	struct question q = {.id = STR("d"), .type = QUESTION_DATE};
	assert_string_equal(read_date(&q, "30", "6", "2027"), "2027-06-30");
	assert_string_equal(read_date(&q, "05", "06", "2027"), "2027-06-05");
	assert_string_equal(read_date(&q, "３０", "６月", "２０２７年"), "2027-06-30");
	assert_string_equal(read_date(&q, "三十一日", "十二月", "二〇二七年"), "2027-12-31");
	assert_string_equal(read_date(&q, "29", "2", "2028"), "2028-02-29");
	assert_null(read_date(&q, "29", "2", "2027"));
	assert_true(fault.is_day);
	assert_str(fault.say, "That month has 28 days. Look at the day again.");
	assert_null(read_date(&q, "1", "13", "2027"));
	assert_true(fault.is_month && !fault.is_day && !fault.is_year);
	assert_null(read_date(&q, "1", "1", "27"));
	assert_true(fault.is_year);
	assert_null(read_date(&q, "1", "", "2027"));
	assert_true(fault.is_month && !fault.is_day);
	assert_null(read_date(&q, "", "", ""));
	assert_null(read_date(&q, "1.5", "1", "2027"));
	assert_null(read_date(&q, "-1", "1", "2027"));
	q.is_optional = true;
	assert_string_equal(read_date(&q, " ", "", ""), "");
	assert_null(read_date(&q, "1", "", ""));
}

static void date_limits_run_from_today(void **state)
{
	(void)state;
	struct question q = {.id = STR("d"), .type = QUESTION_DATE, .has_min_days = true, .min_days = 365};
	assert_string_equal(read_date(&q, "18", "11", "2027"), "2027-11-18");
	assert_null(read_date(&q, "17", "11", "2027"));
	assert_str(fault.say, "The date must be Thursday 18 November 2027 or later.");
	struct question past = {.id = STR("d"), .type = QUESTION_DATE, .has_max_days = true, .max_days = 0};
	assert_string_equal(read_date(&past, "18", "11", "2026"), "2026-11-18");
	assert_null(read_date(&past, "19", "11", "2026"));
	struct question fixed = {
		.id = STR("d"), .type = QUESTION_DATE, .has_min = true, .min = date_to_day((struct date){2020, 1, 1})};
	assert_null(read_date(&fixed, "31", "12", "2019"));
	assert_string_equal(read_date(&fixed, "1", "1", "2020"), "2020-01-01");
}

static struct choice colours[] = {{.id = {"red", 3}}, {.id = {"green", 5}}, {.id = {"blue", 4}}};

static void choices_take_only_what_is_offered(void **state)
{
	(void)state;
	struct question one = {.id = STR("c"), .type = QUESTION_ONE_OF, .choices = colours, .choice_n = 3};
	assert_string_equal(read_text(&one, "green"), "green");
	assert_null(read_text(&one, "yellow"));
	assert_null(read_text(&one, ""));
	assert_str(fault.say, "Choose one of these answers.");
	struct question yes = {.id = STR("y"), .type = QUESTION_YES_NO};
	assert_string_equal(read_text(&yes, "yes"), "yes");
	assert_string_equal(read_text(&yes, "no"), "no");
	assert_null(read_text(&yes, "on"));
	struct question several = {.id = STR("s"), .type = QUESTION_SEVERAL_OF, .choices = colours, .choice_n = 3};
	struct str ticked[] = {STR("blue"), STR("yellow"), STR("red"), STR("blue")};
	struct typed t = {
		.text = STR_EMPTY, .day = STR_EMPTY, .month = STR_EMPTY, .year = STR_EMPTY, .chosen = ticked, .chosen_n = 4};
	struct answer a;
	assert_true(value_read(&rules, &several, &t, &a, &fault));
	assert_int_equal(a.value_n, 2);
	assert_str(a.values[0], "red");
	assert_str(a.values[1], "blue");
	t.chosen_n = 0;
	assert_false(value_read(&rules, &several, &t, &a, &fault));
	several.is_optional = true;
	assert_true(value_read(&rules, &several, &t, &a, &fault));
	assert_int_equal(a.value_n, 0);
}

static void text_is_tidied_and_measured_in_characters(void **state)
{
	(void)state;
	struct question q = {.id = STR("t"), .type = QUESTION_TEXT, .has_max = true, .max = 5};
	assert_string_equal(read_text(&q, "  a  \n b "), "a b");
	assert_string_equal(read_text(&q, "一二三四五"), "一二三四五");
	assert_null(read_text(&q, "一二三四五六"));
	assert_str(fault.say, "Shorten this to 5 characters. It has 6 now.");
	assert_null(read_text(&q, " \n "));
	assert_null(read_text(&q, "\xE3\x80\x80"));             /* a full-width space */
	assert_null(read_text(&q, "\xE2\x80\x8B\xE2\x80\x8D")); /* marks without width */
	struct question lines = {.id = STR("t"), .type = QUESTION_LONG_TEXT, .has_max = true, .max = 50};
	assert_string_equal(read_text(&lines, "\n one\ntwo  three\n"), "one\ntwo three");
}

static void phones_become_e164(void **state)
{
	(void)state;
	struct question q = {.id = STR("p"), .type = QUESTION_PHONE};
	static const struct pair pairs[] = {
		{"+999 20 555 0123", "+999205550123"},
		{"0591-8765 4321", "+8659187654321"},
		{"138 0013 8000", "+8613800138000"},
		{"００４４ (0)20 7946 0018", "+442079460018"},
		{"+44 (0)20 7946 0018", "+442079460018"},
		{"+1 (415) 555-0100", "+14155550100"},
		{"12", NULL},
		{"+0123456789", NULL},
		{"+1234567890123456", NULL},
		{"call me", NULL},
		{"+44+20 7946 0018", NULL},
	};
	TRY(&q, pairs);
	rules.calling_code = STR_EMPTY;
	assert_null(read_text(&q, "0591-8765 4321"));
	assert_string_equal(read_text(&q, "+86 591 8765 4321"), "+8659187654321");
}

static void emails_are_checked_for_form(void **state)
{
	(void)state;
	struct question q = {.id = STR("e"), .type = QUESTION_EMAIL};
	assert_string_equal(read_text(&q, " Lin@Example.ORG "), "Lin@example.org");
	assert_null(read_text(&q, "lin at example.org"));
	assert_null(read_text(&q, "lin@example"));
}

static void identifiers_keep_their_check_characters(void **state)
{
	(void)state;
	struct question q = {.id = STR("i"), .type = QUESTION_IDENTIFIER, .scheme = STR("cn-uscc")};
	static const struct pair codes[] = {
		{"91350100M000100Y43", "91350100M000100Y43"}, /* the standard's own example */
		{"91110000802100433B", "91110000802100433B"},
		{"91350100m000100y43", "91350100M000100Y43"},
		{"９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"},
		{"9135 0100 M000 100Y 43", "91350100M000100Y43"},
		{"91350100M000100Y44", NULL},
		{"91350100M000100I43", NULL}, /* no I in this alphabet */
		{"91350100M000100Y4", NULL},
		{"", NULL},
	};
	TRY(&q, codes);
	q.scheme = STR("cn-resident");
	static const struct pair numbers[] = {
		{"11010519491231002X", "11010519491231002X"}, /* GB 11643's example */
		{"11010519491231002x", "11010519491231002X"},
		{"110105194912310021", NULL},
		{"11010519491331002X", NULL}, /* month 13 */
		{"440524188001010014", "440524188001010014"},
		{"1101051949123100 2X", "11010519491231002X"},
	};
	TRY(&q, numbers);
	q.scheme = STR("lei");
	assert_string_equal(read_text(&q, "5493001KJTIIGC8Y1R12"), "5493001KJTIIGC8Y1R12");
	assert_null(read_text(&q, "5493001KJTIIGC8Y1R21"));
	q.scheme = STR("plain");
	assert_string_equal(read_text(&q, "a-1024/7"), "A-1024/7");
	assert_null(read_text(&q, "<script>"));
	q.scheme = STR("nobody-knows");
	assert_null(read_text(&q, "1"));
}

static void one_wrong_or_swapped_character_is_always_found(void **state)
{
	(void)state;
	struct prng r = seeded();
	static const char *const numbers[][2] = {{"cn-uscc", "91350100M000100Y43"}, {"cn-resident", "11010519491231002X"}};
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	char out[SCHEME_VALUE_MAX + 1];
	size_t n = 0;
	for (int i = 0; i < 20000; i++) {
		const char *const *which = numbers[prng_below(&r, 2)];
		char wrong[20];
		snprintf(wrong, sizeof wrong, "%s", which[1]);
		size_t at = (size_t)prng_below(&r, 18);
		char c = alphabet[prng_below(&r, sizeof alphabet - 1)];
		if (c == wrong[at]) {
			continue;
		}
		wrong[at] = c;
		if (scheme_check(str_of(which[0]), str_of(wrong), out, &n) == SCHEME_OK) {
			fail_msg("%s accepted as %s", wrong, which[0]);
		}
	}
}

static void every_scheme_accepts_its_example(void **state)
{
	(void)state;
	char out[SCHEME_VALUE_MAX + 1];
	size_t n = 0;
	for (const struct scheme *s = schemes; s->name != NULL; s++) {
		assert_int_equal(scheme_check(str_of(s->name), str_of(s->example), out, &n), SCHEME_OK);
		assert_true(n > 0 && n <= SCHEME_VALUE_MAX);
	}
	for (const char *const *name = identifier_schemes; *name; name++) {
		assert_non_null(scheme_find(str_of(*name))); /* what a pack may name can be checked */
	}
}

/* --- JSON ---- */

static struct answers parse(const char *json)
{
	struct answers as;
	struct err e = {0};
	if (!answers_parse(&arena, str_of(json), &as, &e)) {
		fail_msg("%s", e.text);
	}
	return as;
}

static void answers_go_to_json_and_back(void **state)
{
	(void)state;
	struct answers as = parse("{\"a\":\"x\",\"b\":[\"1\",\"2\"],\"c\":\"line\\nline \\\"q\\\" 二\",\"d\":[]}");
	assert_int_equal(as.n, 4);
	assert_str(answers_value(&as, STR("a")), "x");
	assert_str(answers_value(&as, STR("c")), "line\nline \"q\" 二");
	assert_str(answers_value(&as, STR("d")), "");
	assert_str(answers_value(&as, STR("nothing")), "");
	struct buf b;
	buf_init(&b, 1 << 16);
	answers_put_json(&b, &as);
	assert_str(buf_str(&b), "{\"a\":\"x\",\"b\":[\"1\",\"2\"],\"c\":\"line\\nline \\\"q\\\" 二\"}");
	buf_release(&b);
	assert_int_equal(parse("").n, 0);
	assert_int_equal(parse("{}").n, 0);
}

static void answers_of_another_shape_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"[]",
	                                  "\"x\"",
	                                  "{\"a\":1}",
	                                  "{\"a\":{\"b\":\"c\"}}",
	                                  "{\"a\":[1]}",
	                                  "{\"a\":\"x\"",
	                                  "{\"a\":\"x\",\"a\":\"y\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct answers as;
		struct err e = {0};
		assert_false(answers_parse(&arena, str_of(bad[i]), &as, &e));
	}
}

static void setting_replaces_adds_and_takes_away(void **state)
{
	(void)state;
	struct answers as = parse("{\"a\":\"x\",\"b\":\"y\"}");
	struct err e = {0};
	struct str z = STR("z");
	struct answer a = {.question = STR("a"), .values = &z, .value_n = 1};
	assert_true(answers_set(&arena, &as, &a, &e));
	a.question = STR("new");
	assert_true(answers_set(&arena, &as, &a, &e));
	a = (struct answer){.question = STR("b")};
	assert_true(answers_set(&arena, &as, &a, &e));
	struct buf b;
	buf_init(&b, 1 << 16);
	answers_put_json(&b, &as);
	assert_str(buf_str(&b), "{\"a\":\"z\",\"new\":\"z\"}");
	buf_release(&b);
}

/* --- Conditions ---- */

static struct question q_right[] = {{.id = {"right", 5}, .type = QUESTION_ONE_OF}};
static struct question q_lease[] = {
	{.id = {"until", 5}, .type = QUESTION_DATE},
	{.id = {"why-free", 8}, .type = QUESTION_TEXT, .show_if = {{"right", 5}, true, {"rented", 6}}},
};
static struct question q_sub[] = {{.id = {"sublet", 6}, .type = QUESTION_YES_NO}};
static struct question q_deep[] = {{.id = {"to-whom", 7}, .type = QUESTION_TEXT}};
static struct form_page pages[] = {
	{.id = {"right", 5}, .questions = q_right, .question_n = 1},
	{.id = {"lease", 5}, .show_if = {{"right", 5}, false, {"rented", 6}}, .questions = q_lease, .question_n = 2},
	{.id = {"sub", 3}, .show_if = {{"right", 5}, false, {"rented", 6}}, .questions = q_sub, .question_n = 1},
	{.id = {"deep", 4}, .show_if = {{"sublet", 6}, false, {"yes", 3}}, .questions = q_deep, .question_n = 1},
};
static const struct service service = {.pages = pages, .page_n = 4};

static struct answers shown(const char *json)
{
	struct answers all = parse(json);
	struct answers out;
	struct err e = {0};
	assert_true(answers_shown(&arena, &service, &all, &out, &e));
	return out;
}

static void hidden_answers_are_left_out(void **state)
{
	(void)state;
	struct answers as =
		shown("{\"right\":\"rented\",\"until\":\"2028-01-01\",\"sublet\":\"yes\",\"to-whom\":\"Rosa\"}");
	assert_int_equal(as.n, 4);
	assert_true(page_is_shown(&pages[3], &as));
	assert_false(question_is_shown(&pages[1], &q_lease[1], &as));
	/* The lease and all that hangs off it disappear; the answer to `sublet` is no longer seen by what asks for it. */
	as = shown("{\"right\":\"owned\",\"until\":\"2028-01-01\",\"sublet\":\"yes\",\"to-whom\":\"Rosa\"}");
	assert_int_equal(as.n, 1);
	assert_false(page_is_shown(&pages[1], &as));
	assert_false(page_is_shown(&pages[3], &as));
	as = shown("{}");
	assert_int_equal(as.n, 0);
	assert_false(page_is_shown(&pages[1], &as));
	as = shown("{\"right\":\"rented\",\"unknown\":\"x\"}");
	assert_int_equal(as.n, 1);
}

static void condition_sees_one_of_several_answers(void **state)
{
	(void)state;
	struct answers as = parse("{\"facilities\":[\"office\",\"system\"]}");
	assert_true(condition_holds(&(struct condition){STR("facilities"), false, STR("system")}, &as));
	assert_false(condition_holds(&(struct condition){STR("facilities"), false, STR("files")}, &as));
	assert_true(condition_holds(&(struct condition){STR("facilities"), true, STR("files")}, &as));
	assert_true(condition_holds(&(struct condition){.question = STR_EMPTY}, &as));
}

/* --- For readers ---- */

static const char *plain(const struct question *q, const char *json, const char *lang)
{
	struct answers as = parse(json);
	struct buf b;
	buf_init(&b, 1 << 16);
	answer_put_plain(&b, str_of(lang), q, &as);
	const char *s = arena_cstr(&arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void answers_are_said_as_the_reader_would(void **state)
{
	(void)state;
	struct choice choices[] = {{.id = STR("own"), .label = {{STR("It owns them"), STR("自有")}}},
	                           {.id = STR("rent"), .label = {{STR("It rents them"), STR("租用")}}}};
	struct question one = {.id = STR("q"), .type = QUESTION_ONE_OF, .choices = choices, .choice_n = 2};
	assert_string_equal(plain(&one, "{\"q\":\"rent\"}", "en"), "It rents them");
	assert_string_equal(plain(&one, "{\"q\":\"rent\"}", "zh-Hans"), "租用");
	one.type = QUESTION_SEVERAL_OF;
	assert_string_equal(plain(&one, "{\"q\":[\"own\",\"rent\"]}", "en"), "It owns them\nIt rents them");
	struct question area = {.id = STR("q"), .type = QUESTION_WHOLE, .unit = {{STR("square metres")}}};
	assert_string_equal(plain(&area, "{\"q\":\"1250\"}", "en"), "1,250 square metres");
	struct question date = {.id = STR("q"), .type = QUESTION_DATE};
	assert_string_equal(plain(&date, "{\"q\":\"2026-11-23\"}", "en"), "Monday 23 November 2026");
	assert_string_equal(plain(&date, "{}", "en"), "Not answered");
	struct question text = {.id = STR("q"), .type = QUESTION_LONG_TEXT};
	struct answers as = parse("{\"q\":\"<b>one</b>\\ntwo\"}");
	struct buf b;
	buf_init(&b, 1 << 16);
	struct html_out o = {.to = &b, .lang = STR("en")};
	answer_put_html(&o, &text, &as);
	assert_str(buf_str(&b), "<bdi>&lt;b&gt;one&lt;/b&gt;<br>two</bdi>");
	buf_release(&b);
}

static void decimals_are_kept_with_a_point_and_no_needless_zeros(void **state)
{
	(void)state;
	struct question q = {.id = STR("d"),
	                     .type = QUESTION_DECIMAL,
	                     .digits = 2,
	                     .has_min = true,
	                     .min = -150,
	                     .has_max = true,
	                     .max = 6050};
	static const struct pair pairs[] = {
		{"12.5", "12.5"}, {"12,50", "12.5"},  {"12", "12"},     {"１２．２５", "12.25"},
		{"0.05", "0.05"}, {"-0.05", "-0.05"}, {"-1.5", "-1.5"}, {"60.5", "60.5"},
		{"60.51", NULL},  {"-1.51", NULL},    {"1.005", NULL},  {"12.5 kg", NULL},
		{"1e1", NULL},    {"NaN", NULL},      {"", NULL},       {"99999999999999999999", NULL},
	};
	TRY(&q, pairs);
	assert_null(read_text(&q, "61"));
	assert_str(fault.say, "Write a number from -1.5 to 60.5.");
}

static const char *read_parts(const struct question *q, const char *a, const char *b, const char *c, const char *d)
{
	struct answer out;
	struct typed t = {.text = STR_EMPTY, .parts = {str_of(a), str_of(b), str_of(c), str_of(d)}};
	if (!value_read(&rules, q, &t, &out, &fault)) {
		assert_true(fault.say.n > 0);
		return NULL;
	}
	struct answers as = {.items = &out, .n = 1};
	struct buf json;
	buf_init(&json, 100000);
	answers_put_json(&json, &as);
	const char *s = arena_cstr(&arena, buf_str(&json));
	buf_release(&json);
	return s;
}

static void a_name_is_one_text_and_its_parts(void **state)
{
	(void)state;
	struct question q = {.id = STR("n"), .type = QUESTION_PERSON_NAME};
	assert_string_equal(read_parts(&q, " Lin  Xiaohe ", "", "", ""), "{\"n\":[\"Lin Xiaohe\",\"\",\"\",\"\"]}");
	assert_string_equal(read_parts(&q, "林晓禾", "林", "晓禾", "Lín Xiǎohé"),
	                    "{\"n\":[\"林晓禾\",\"林\",\"晓禾\",\"Lín Xiǎohé\"]}");
	assert_string_equal(read_parts(&q, "O'Brien-Núñez, Jr.", "", "", ""),
	                    "{\"n\":[\"O'Brien-Núñez, Jr.\",\"\",\"\",\"\"]}");
	assert_null(read_parts(&q, "", "Lin", "", ""));
	assert_int_equal(fault.part, 0);
	assert_null(read_parts(&q, "123", "", "", ""));
	assert_null(read_parts(&q, "林晓禾", "", "", "林"));
	assert_int_equal(fault.part, 3);
	assert_null(read_parts(&q, "林晓禾", "7", "", ""));
	assert_int_equal(fault.part, 1);
	char longest[1000];
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(read_parts(&q, longest, "", "", ""));
	assert_null(read_parts(&q, "\xE2\x80\x8B", "", "", ""));
	q.is_optional = true;
	assert_string_equal(read_parts(&q, "", "  ", "", ""), "{}");
}

static void an_address_has_lines_place_code_and_country(void **state)
{
	(void)state;
	struct question q = {.id = STR("a"), .type = QUESTION_ADDRESS};
	assert_string_equal(read_parts(&q, "12 Ropewalk\n \n 3rd  floor", "Port Linden", " ４１００ ", ""),
	                    "{\"a\":[\"12 Ropewalk\\n3rd floor\",\"Port Linden\",\"4100\",\"\"]}");
	assert_string_equal(read_parts(&q, "1 rue X", "Paris", "", "France"),
	                    "{\"a\":[\"1 rue X\",\"Paris\",\"\",\"France\"]}");
	assert_null(read_parts(&q, "12 Ropewalk", "", "", ""));
	assert_int_equal(fault.part, 1);
	assert_null(read_parts(&q, "12 Ropewalk", "Port Linden", "no code", ""));
	assert_int_equal(fault.part, 2);
	assert_null(read_parts(&q, "1\n2\n3\n4\n5\n6", "Port Linden", "", ""));
	assert_int_equal(fault.part, 0);
	assert_null(read_parts(&q, "", "", "", "France"));
}

static void vehicles_and_accounts_have_check_digits(void **state)
{
	(void)state;
	struct question vin = {.id = STR("v"), .type = QUESTION_IDENTIFIER, .scheme = STR("cn-vin")};
	static const struct pair vins[] = {
		{"1M8GDM9AXKP042788", "1M8GDM9AXKP042788"}, /* the example of 49 CFR 565 */
		{"11111111111111111", "11111111111111111"},
		{"1m8gdm9axkp042788", "1M8GDM9AXKP042788"},
		{"1M8GDM9A KP042788", NULL},
		{"1M8GDM9A1KP042788", NULL},
		{"1M8GDM9AXKP042787", NULL},
		{"1M8GDM9AXKPO42788", NULL},
		{"IIIIIIIIIIIIIIIII", NULL},
		{"1M8GDM9AXKP04278", NULL},
	};
	TRY(&vin, vins);
	struct question any = {.id = STR("v"), .type = QUESTION_IDENTIFIER, .scheme = STR("vin")};
	static const struct pair from_anywhere[] = {
		{"1M8GDM9AXKP042788", "1M8GDM9AXKP042788"}, /* North America: checked */
		{"1M8GDM9A1KP042788", NULL},
		{"5M8GDM9A1KP042788", NULL},
		{"LFV2A21K3A3000018", "LFV2A21K3A3000018"}, /* China: checked */
		{"LFV2A21K4A3000018", NULL},
		{"wvw zzz 1jz xw000001", "WVWZZZ1JZXW000001"}, /* Europe: the place is the maker's */
		{"JTDBR32E720123456", "JTDBR32E720123456"},    /* Asia but China */
		{"WVWZZZ1JZXW00000O", NULL},                   /* I, O and Q are none of its letters */
		{"WVWZZZ1JZXW00000I", NULL},
		{"QVWZZZ1JZXW000001", NULL},
		{"WVWZZZ1JZXW00001", NULL},
		{"WVWZZZ1JZXW0000011", NULL},
	};
	TRY(&any, from_anywhere);
	struct question iban = {.id = STR("i"), .type = QUESTION_IDENTIFIER, .scheme = STR("iban")};
	static const struct pair ibans[] = {
		{"DE89 3704 0044 0532 0130 00", "DE89370400440532013000"}, /* of the registry's examples */
		{"gb29-NWBK-6016-1331-9268-19", "GB29NWBK60161331926819"},
		{"NO93 8601 1117 947", "NO9386011117947"},
		{"DE89 3704 0044 0532 0130 01", NULL},
		{"DE98 3704 0044 0532 0130 00", NULL},
		{"8937 0400 4405 3201 3000 DE", NULL},
		{"DE89", NULL},
		{"DE89 3704 0044 0532 0130 00 3704 0044 0532 0130", NULL},
		{"", NULL},
	};
	TRY(&iban, ibans);
}

static void a_group_goes_to_json_and_back_and_is_checked_entry_by_entry(void **state)
{
	(void)state;
	struct question inner[] = {
		{.id = STR("name"), .type = QUESTION_TEXT, .has_max = true, .max = 20, .label = {{STR("Name")}}},
		{.id = STR("seat"),
	     .type = QUESTION_YES_NO,
	     .label = {{STR("Seat?")}},
	     .show_if = {.question = STR("drives"), .value = STR("yes")}},
	};
	struct question group = {.id = STR("children"),
	                         .type = QUESTION_GROUP,
	                         .item = {{STR("Child")}},
	                         .min = 1,
	                         .max = 2,
	                         .questions = inner,
	                         .question_n = 2};
	struct answers as;
	struct answers shown;
	struct err e;
	struct str json =
		STR("{\"drives\":\"yes\",\"children\":[{\"name\":\"Lin <b>Mo</b>\",\"seat\":\"no\"},{\"name\":\"Lin Yu\"}]}");
	assert_true(answers_parse(&arena, json, &as, &e));
	struct buf b;
	buf_init(&b, 100000);
	answers_put_json(&b, &as);
	assert_true(str_eq(buf_str(&b), json));
	const struct answer *a = answers_find(&as, group.id);
	assert_true(answer_is_given(a));
	assert_int_equal(a->entry_n, 2);
	rules.shown = &as;
	assert_false(value_check(&rules, &group, a, &fault)); /* the second has no seat */
	struct question drives = {.id = STR("drives"), .type = QUESTION_YES_NO};
	struct form_page two_pages[] = {{.questions = &drives, .question_n = 1}, {.questions = &group, .question_n = 1}};
	struct service s = {.pages = two_pages, .page_n = 2};
	struct str no = STR("no");
	assert_true(answers_set(&arena, &as, &(struct answer){.question = drives.id, .values = &no, .value_n = 1}, &e));
	assert_true(answers_shown(&arena, &s, &as, &shown, &e));
	rules.shown = &shown;
	a = answers_find(&shown, group.id);
	assert_true(value_check(&rules, &group, a, &fault));
	assert_null(answers_find(&a->entries[0], STR("seat")));
	buf_reset(&b);
	answer_put_plain(&b, STR("en"), &group, &shown);
	assert_str(buf_str(&b), "Child 1\nName: Lin <b>Mo</b>\n\nChild 2\nName: Lin Yu");
	buf_reset(&b);
	struct html_out o = {.to = &b, .lang = STR("en")};
	answer_put_html(&o, &group, &shown);
	assert_true(str_find(buf_str(&b), STR("<b>Mo")) == SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("<bdi>Lin &lt;b&gt;Mo&lt;/b&gt;</bdi>")) != SIZE_MAX);
	buf_release(&b);
	assert_false(value_check(&rules, &group, NULL, &fault));
	assert_str(fault.say, "Fill in at least one: Child.");
	struct answers three[3] = {a->entries[0], a->entries[0], a->entries[0]};
	assert_false(value_check(&rules, &group, &(struct answer){.entries = three, .entry_n = 3}, &fault));
	assert_str(fault.say, "Fill in at most 2: Child.");
}

static void entries_of_another_shape_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"{\"g\":[{\"a\":\"1\"},\"text\"]}", "{\"g\":[{\"a\":[{\"b\":\"1\"}]}]}",
	                                  "{\"g\":{\"a\":\"1\"}}", "{\"g\":[{\"a\":1}]}"};
	struct answers as;
	struct err e;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(answers_parse(&arena, str_of(bad[i]), &as, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
	}
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(whole_numbers_are_read_as_people_write_them),
		test(money_is_kept_in_minor_units),
		test(numbers_survive_being_shown_again),
		test(limits_are_named_in_the_refusal),
		test(dates_are_read_from_three_fields),
		test(date_limits_run_from_today),
		test(choices_take_only_what_is_offered),
		test(text_is_tidied_and_measured_in_characters),
		test(phones_become_e164),
		test(emails_are_checked_for_form),
		test(identifiers_keep_their_check_characters),
		test(one_wrong_or_swapped_character_is_always_found),
		test(every_scheme_accepts_its_example),
		test(answers_go_to_json_and_back),
		test(answers_of_another_shape_are_refused),
		test(setting_replaces_adds_and_takes_away),
		test(hidden_answers_are_left_out),
		test(condition_sees_one_of_several_answers),
		test(answers_are_said_as_the_reader_would),
		test(decimals_are_kept_with_a_point_and_no_needless_zeros),
		test(a_name_is_one_text_and_its_parts),
		test(an_address_has_lines_place_code_and_country),
		test(vehicles_and_accounts_have_check_digits),
		test(a_group_goes_to_json_and_back_and_is_checked_entry_by_entry),
		test(entries_of_another_shape_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
