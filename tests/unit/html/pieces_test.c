/* Frame, form components and pieces: each is rendered and read back. With PIECES_DIR set the pages are also written
 * there, to be looked at. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "assets.h"
#include "html/assets.h"
#include "html/form.h"
#include "html/frame.h"
#include "tests/unit/html/pieces.html.c"

static struct buf page;

static struct html_out begin(const char *lang)
{
	buf_reset(&page);
	return (struct html_out){.to = &page, .lang = str_of(lang), .year = 2026};
}

static bool has(const char *part)
{
	return strstr(buf_cstr(&page), part) != NULL;
}

#define assert_has(part)                                         \
	do {                                                         \
		if (!has(part)) {                                        \
			fail_msg("%s is not in: %s", part, buf_cstr(&page)); \
		}                                                        \
	} while (0)

static size_t count_of(const char *part)
{
	size_t n = 0;
	for (const char *p = buf_cstr(&page); (p = strstr(p, part)) != NULL; p++) {
		n++;
	}
	return n;
}

/* --- A reader of what was written: every id once; every id named by for, aria-... and #links exists.
 * ------------------- */

#define IDS_MAX 512
struct ids {
	struct str items[IDS_MAX];
	size_t n;
};

static bool is_among(const struct ids *ids, struct str id)
{
	for (size_t i = 0; i < ids->n; i++) {
		if (str_eq(ids->items[i], id)) {
			return true;
		}
	}
	return false;
}

/* Values of an attribute, split at spaces. */
static void collect(const char *attr, struct ids *out)
{
	out->n = 0;
	for (const char *p = buf_cstr(&page); (p = strstr(p, attr)) != NULL;) {
		p += strlen(attr);
		struct str value = str_from(p, strcspn(p, "\""));
		struct str one;
		while (str_next(&value, ' ', &one)) {
			if (one.n > 0) {
				assert_true(out->n < IDS_MAX);
				out->items[out->n++] = one;
			}
		}
	}
}

static void check_ids(void)
{
	static struct ids ids, named;
	collect(" id=\"", &ids);
	for (size_t i = 0; i < ids.n; i++) {
		struct ids before = {.n = i};
		memcpy(before.items, ids.items, i * sizeof *ids.items);
		if (is_among(&before, ids.items[i])) {
			fail_msg("id %.*s stands twice", STR_ARG(ids.items[i]));
		}
	}
	static const char *const attrs[] = {" for=\"", "aria-describedby=\"", "aria-labelledby=\"", "href=\"#"};
	for (size_t k = 0; k < sizeof attrs / sizeof *attrs; k++) {
		collect(attrs[k], &named);
		for (size_t i = 0; i < named.n; i++) {
			if (!is_among(&ids, named.items[i])) {
				fail_msg("%s%.*s names nothing", attrs[k], STR_ARG(named.items[i]));
			}
		}
	}
}

/* --- Samples
 * ---------------------------------------------------------------------------------------------------------- */

static void days_of(const char *pattern, uint8_t *out, size_t *n)
{
	*n = strlen(pattern);
	for (size_t i = 0; i < *n; i++) {
		switch (pattern[i]) {
		case 'r':
			out[i] = DAY_RAN;
			break;
		case 's':
			out[i] = DAY_STOOD;
			break;
		case 'n':
			out[i] = DAY_NOW;
			break;
		case 'N':
			out[i] = DAY_NOW_STANDING;
			break;
		case 'o':
			out[i] = DAY_SOON;
			break;
		case 'x':
			out[i] = DAY_LATE;
			break;
		default:
			out[i] = DAY_LEFT;
		}
	}
}

static struct clock_view clock_from(const char *pattern, uint8_t *days, int promised, int law)
{
	struct clock_view c = {.days = days,
	                       .promised = {promised, STR_EMPTY, STR("Thu 26 Nov")},
	                       .law = {law, STR_EMPTY, STR("Thu 3 Dec")},
	                       .sentence = STR("Eight working days ran."),
	                       .has_key = true};
	days_of(pattern, days, &c.n);
	return c;
}

static struct frame sample_frame(struct html_out *o, const char *title)
{
	static struct language_link links[2];
	static struct nav_item nav[3];
	static struct nav_item foot[4];
	size_t n = 0;
	for (const struct language *l = languages; l->tag != NULL && n < 2; l++) {
		if (!str_is(o->lang, l->tag)) {
			links[n++] = (struct language_link){l, STR("/language?to=x")};
		}
	}
	nav[0] = (struct nav_item){STR("/"), tr(o->lang, "Services"), true, 0, false};
	nav[1] = (struct nav_item){STR("/cases"), tr(o->lang, "My cases"), false, 0, false};
	nav[2] = (struct nav_item){STR("/letters"), tr(o->lang, "Letters"), false, 1, true};
	foot[0] = (struct nav_item){.href = STR("/help"), .text = tr(o->lang, "Help and contact")};
	foot[1] = (struct nav_item){.href = STR("/privacy"), .text = tr(o->lang, "Your data")};
	foot[2] = (struct nav_item){.href = STR("/accessibility"), .text = tr(o->lang, "Accessibility")};
	foot[3] = (struct nav_item){.href = STR("/about"), .text = tr(o->lang, "Built on Cityhall, open source")};
	return (struct frame){
		.title = str_of(title),
		.lang = o->lang,
		.city = STR("Port Linden"),
		.lit_stone = 2,
		.nav = nav,
		.nav_n = 3,
		.languages = links,
		.language_n = n,
		.account_name = STR("Lin Xiaohe"),
		.account_href = STR("/account"),
		.foot_lead = STR("One city hall, eight offices, one front door."),
		.foot_text = STR("Come to a counter if you prefer: 4 Chandlers Row, Monday to Friday, 8:30 to 18:00."),
		.foot_links = foot,
		.foot_link_n = 4,
	};
}

static void write_pieces(struct html_out *o)
{
	static uint8_t days[8][200];
	struct clock_view clocks[8] = {
		clock_from("rrrrrrnlllllllllllll", days[0], 14, 19),
		clock_from("rrrrrrsssNlllllllllllll", days[1], 18, 22),
		clock_from("rrrrrrrrrrrrooolllll", days[2], 14, 19),
		clock_from("rrrrrrrrrrrrrrrxxlll", days[3], 14, 19),
		clock_from("nllllllllllllllllllll", days[4], 2, 20),
		clock_from("rrrrrrrrrrn", days[5], 10, 10),
		clock_from("rrrrrrrrrrrrrrrrrrrrrrrsssssssssrrrrrrrrnlllllllllllll", days[6], 40, 53),
		clock_from("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrnlllllllllllllllllllllllllllllll",
	               days[7], 75, 91),
	};
	struct task_row tasks[] = {{STR("/1"), STR("Your firm"), TAG_DONE, STR("Done")},
	                           {STR("/2"), STR("Your premises"), TAG_FIX, STR("Two answers to put right")},
	                           {STR_EMPTY, STR("Papers"), TAG_NEW, STR("Not started")}};
	pieces_page(o, clocks, 8, tasks, 3);
}

static struct form_field fields[9];

static void write_question(struct html_out *o)
{
	struct form_field sample[9] = {
		{.name = STR("hold"), .label = STR("Does the firm own or rent these rooms?")},
		{.name = STR("until"),
	     .label = STR("Until when does the lease run?"),
	     .hint = STR("The last day on the lease, such as 31 12 2028"),
	     .error = STR("The lease must run until 18 November 2027 or later.")},
		{.name = STR("area"),
	     .label = STR("How large are the rooms together?"),
	     .hint = STR("All rooms used by the firm, without stairs and corridors"),
	     .error = STR("Write the floor area in figures, such as 85"),
	     .value = STR("about <eighty>"),
	     .unit = STR("square metres"),
	     .inputmode = "decimal",
	     .width = FIELD_W8},
		{.name = STR("why"), .label = STR("What will you do there?"), .value = STR("\n<b>Work</b>"), .chars_max = 500},
		{.name = STR("kind"), .label = STR("What kind of rooms are they?"), .hint = STR("Choose one")},
		{.name = STR("uses"), .label = STR("What are they used for?"), .is_optional = true},
		{.name = STR("rent"), .label = STR("What is the rent a month?"), .value = STR("1,200")},
		{.name = STR("lease"), .label = STR("The lease"), .hint = STR("A photo or PDF of every page")},
		{.name = STR("true"), .label = STR("What I have written is true and complete")},
	};
	memcpy(fields, sample, sizeof sample);
	struct form_choice holds[] = {
		{STR("own"), STR("It owns them"), STR("We look up the title in the Land Register"), false},
		{STR("rent"), STR("It rents them"), STR("You will be asked for the lease"), true},
		{STR("free"), STR("It uses them free of charge"), STR_EMPTY, false}};
	struct form_file files[] = {{STR("lease-\"page\"-1.pdf"), 1200000, STR("4 pages"), STR("/f/1"), STR("1")},
	                            {STR("租赁合同.jpg"), 48000, STR_EMPTY, STR_EMPTY, STR_EMPTY}};
	question_page(o, fields, holds, files);
}

static void write_receipt(struct html_out *o)
{
	struct summary_row rows[] = {
		{.term = STR("Decided by"), .value = STR("Office for Work and Social Security")},
		{.term = STR("Papers received"), .value = STR("Lease, 4 pages\nBank statement, 1 page")}};
	struct receipt_slip s = {
		.service = STR("Labour dispatch permit"),
		.number = STR("PL-2026-048176-3"),
		.has_promised = true,
		.has_law = true,
		.promised = 20780,
		.law = 20787,
		.promised_days = 15,
		.law_days = 20,
		.qr = {STR("<svg viewBox=\"0 0 4 4\" role=\"img\" aria-label=\"QR code\"><path d=\"M0 0h4v4h-4z\"/></svg>")},
		.rows = rows,
		.row_n = 2};
	struct step_item next[] = {
		{STR("By Wednesday 4 November"), STR("We check that everything is there.")},
		{STR("By Monday 23 November"), STR("We decide. If the day moves, we write to you and say why.")},
		{STR("The same day"), STR("The decision is in your mailbox, with reasons.")}};
	receipt_page(o, &s, next);
}

static void write_case(struct html_out *o)
{
	static uint8_t days[64];
	struct clock_view c = clock_from("rrrrrsssrrrnlllllllllll", days, 17, 22);
	struct story_item items[] = {
		{.iso = STR("2026-11-02T09:14"),
	     .when = STR("Mon 2 Nov, 9:14"),
	     .title = STR("You applied"),
	     .text = STR("The promised day was Monday 23 November."),
	     .link_href = STR("/receipt"),
	     .link_text = STR("Receipt")},
		{.iso = STR("2026-11-09T15:10"),
	     .when = STR("Mon 9 Nov, 15:10"),
	     .title = STR("We asked you to correct one thing"),
	     .text = STR("Page 2 of the lease could not be read."),
	     .tag = STR("Corrected"),
	     .tag_sign = TAG_FIX,
	     .is_halt = true},
		{.iso = STR("2026-11-12T16:45"), .when = STR("Thu 12 Nov, 16:45"), .title = STR("You sent the page again")},
		{.when = STR("By Thu 26 Nov"), .title = STR("Decision"), .text = STR("In your mailbox."), .is_next = true}};
	struct summary_row rows[] = {
		{.term = STR("Rooms"), .value = STR("It rents them"), .change_href = STR("/change/1")},
		{.term = STR("Floor area"), .value = STR("85 square metres"), .change_href = STR("/c/2")}};
	case_page(o, &c, items, 4, rows, 2);
}

/* --- Frame
 * ------------------------------------------------------------------------------------------------------------- */

static void frame_names_the_page_and_the_place(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	struct frame f = sample_frame(&o, "Receipt <1>");
	frame_begin(&o, &f);
	frame_end(&o, &f);
	assert_has("<title>Receipt &lt;1&gt; - Port Linden City Hall</title>");
	assert_has("<html lang=\"en\">");
	assert_has("<a href=\"/\" aria-current=\"page\">Services</a>");
	assert_has("<span class=\"count\">1<span class=\"hide\"> new</span></span>");
	assert_has("<bdi>Lin Xiaohe</bdi>");
	assert_int_equal(count_of("class=\"day\""), 1);
	assert_true(str_starts(buf_str(&page), STR("<!doctype html><html")));
	check_ids();
}

static void frame_says_error_first(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	struct frame f = sample_frame(&o, "Your firm");
	f.is_error = true;
	f.is_desk = true;
	f.theme = STR("dark");
	f.width = FRAME_ASK;
	f.back_href = STR("/back");
	frame_begin(&o, &f);
	frame_end(&o, &f);
	assert_has("<title>Error: Your firm - Port Linden City Hall</title>");
	assert_has("<html lang=\"en\" data-theme=\"dark\">");
	assert_has("<body class=\"desk\">");
	assert_has("<div class=\"ask\">");
	assert_has("href=\"/back\"");
}

static void frame_turns_for_right_to_left(void **state)
{
	(void)state;
	struct html_out o = begin("ar-XB");
	struct frame f = sample_frame(&o, "");
	f.sign_out_action = STR("/sign-out");
	f.csrf = STR("\"token");
	frame_begin(&o, &f);
	frame_end(&o, &f);
	assert_has("<html lang=\"ar-XB\" dir=\"rtl\">");
	assert_has("<input type=\"hidden\" name=\"csrf\" value=\"&quot;token\">");
	assert_false(has("Skip to the content"));
}

static void assets_are_found_by_their_hashed_path(void **state)
{
	(void)state;
	const char *url = asset_url("cityhall.css");
	const struct asset *a = asset_find(str_of(url));
	assert_non_null(a);
	assert_string_equal(a->type, "text/css; charset=utf-8");
	assert_true(a->n < 32000);
	assert_true(a->gzip_n < a->n / 2);
	assert_true(a->gzip_bytes[0] == 0x1f && a->gzip_bytes[1] == 0x8b);
	assert_string_equal(url, ASSET_URL_CITYHALL_CSS);
	assert_null(asset_find(STR("/a/cityhall.css")));
}

/* --- Forms
 * ------------------------------------------------------------------------------------------------------------- */

static void questions_tie_label_hint_error_and_control(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	struct frame f = sample_frame(&o, "Where?");
	frame_begin(&o, &f);
	write_question(&o);
	frame_end(&o, &f);
	check_ids();
	assert_has("<label for=\"area\">");
	assert_has("value=\"about &lt;eighty&gt;\" aria-describedby=\"area-hint area-why\" aria-invalid=\"true\"");
	assert_has("inputmode=\"decimal\"");
	assert_has("<h2 id=\"fix-h\">2 answers need another look</h2>");
	assert_has("<a href=\"#area\">");
	assert_has("<input type=\"radio\" id=\"hold\" name=\"hold\" value=\"own\">");
	assert_has("<input type=\"radio\" id=\"hold-2\" name=\"hold\" value=\"rent\" checked>");
	assert_has("<option value=\"rent\" selected>");
	assert_has("dir=\"auto\" maxlength=\"500\">\n\n&lt;b&gt;Work&lt;/b&gt;</textarea>");
	assert_has("<span class=\"quiet regular\">(optional)</span>");
	assert_has("name=\"until-day\"");
	assert_has("<bdi>lease-&quot;page&quot;-1.pdf</bdi>");
	assert_has("1.2\u00a0MB");
	assert_has("enctype=\"multipart/form-data\"><input type=\"hidden\" name=\"csrf\" value=\"token\">"
	           "<input type=\"hidden\" name=\"op\" value=\"00112233\"><button class=\"hide\"");
	assert_has("<div class=\"unit\"><input id=\"rent\" name=\"rent\" class=\"w8\"");
}

/* A name, label or value that tries to leave its place changes no structure: the same tags stand there. */
static void hostile_answers_change_no_structure(void **state)
{
	(void)state;
	struct form_field calm = {
		.name = STR("x"), .label = STR("y"), .hint = STR("h"), .error = STR("e"), .value = STR("v")};
	struct str bad = STR("\"><script>alert(1)</script><input value='");
	struct form_field evil = {
		.name = STR("x"), .label = bad, .hint = bad, .error = bad, .value = bad, .unit = STR_EMPTY};
	size_t tags[2];
	for (int i = 0; i < 2; i++) {
		struct html_out o = begin("en");
		const struct form_field *f = i == 0 ? &calm : &evil;
		struct form_choice c = {f->value, f->label, f->hint, true};
		struct form_file file = {f->value, 1, f->hint, f->value, f->value};
		field_text(&o, f);
		field_textarea(&o, f);
		field_radios(&o, f, &c, 1);
		field_select(&o, f, &c, 1);
		field_file(&o, f, &file, 1, NULL, 0, false);
		form_hidden(&o, f->value, f->value);
		tags[i] = count_of("<");
		assert_int_equal(count_of("<script"), 0);
		assert_int_equal(count_of("\"") % 2, 0);
	}
	assert_int_equal(tags[0], tags[1]);
}

/* --- Pieces
 * -------------------------------------------------------------------------------------------------------------- */

static void clocks_draw_each_day(void **state)
{
	(void)state;
	uint8_t days[200];
	struct html_out o = begin("en");
	struct clock_view c = clock_from("rrsnloxll", days, 4, 8);
	clock_put(&o, &c);
	assert_has("<div class=\"stones\" role=\"img\" aria-label=\"Eight working days ran.\">"
	           "<i class=\"ran\"></i><i class=\"ran\"></i><i class=\"stood\"></i><i class=\"now\"><b>Today</b></i>"
	           "<i><b class=\"by\">Promised<span>Thu 26 Nov</span></b></i><i class=\"orange\"></i><i class=\"red\"></i>"
	           "<i></i><i><b class=\"by law\">By law<span>Thu 3 Dec</span></b></i></div>");
	assert_has("One stone is one working day");
	o = begin("en");
	clock_mini(&o, &c);
	assert_has("width=\"54\"");
	assert_has(
		"<path class=\"ran\" d=\"M0 8h11\"/><path class=\"stood\" d=\"M12 8h5\"/><path class=\"left\" d=\"M18 8h11\"/>"
		"<path class=\"soon\" d=\"M30 8h5\"/><path class=\"past\" d=\"M36 8h5\"/><path class=\"left\" d=\"M42 8h11\"/>"
		"<path class=\"tick\" d=\"M29.5 0v16\"/><path class=\"tick\" d=\"M53.5 0v16\"/>");
}

static void long_clocks_draw_weeks(void **state)
{
	(void)state;
	static uint8_t days[3600];
	memset(days, DAY_LEFT, sizeof days);
	days[62] = DAY_NOW;
	struct clock_view c = {.days = days,
	                       .n = 64,
	                       .promised = {61, STR_EMPTY, STR_EMPTY},
	                       .law = {-1, STR_EMPTY, STR_EMPTY},
	                       .has_key = true};
	struct html_out o = begin("en");
	clock_put(&o, &c);
	assert_int_equal(count_of("<i"), 13 + 2);
	assert_has("<i class=\"now tail\"><b>Today</b><b class=\"by\">Promised</b></i></div>");
	assert_has("One stone is one working week");
	c.n = 60;
	o = begin("en");
	clock_put(&o, &c);
	assert_has("One stone is one working day");
	/* A clock beyond all measure is cut, and a clock of nothing is drawn as nothing. */
	c.n = sizeof days;
	c.promised.at = 3599;
	o = begin("en");
	clock_put(&o, &c);
	assert_false(page.failed);
	c.n = 0;
	o = begin("en");
	clock_put(&o, &c);
	clock_mini(&o, &c);
	assert_has("width=\"0\"");
}

static void day_stones_say_what_they_show(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	day_stone_put(&o, (struct day_stone){-2, ALERT_RED, false, false});
	assert_has("<div class=\"days red\">+2<small><span class=\"hide\">Red alert: </span><svg");
	assert_has("late</small>");
	o = begin("en");
	day_stone_put(&o, (struct day_stone){1, ALERT_RED, true, false});
	assert_has("<div class=\"days still\">1<small>stands</small></div>");
	o = begin("en");
	day_stone_put(&o, (struct day_stone){3, ALERT_ORANGE, false, false});
	assert_has("Orange alert:");
	assert_has("days</small>");
	o = begin("en");
	day_stone_put(&o, (struct day_stone){1, ALERT_NONE, false, true});
	assert_has("day</small>");
}

static void pages_of_all_pieces_hang_together(void **state)
{
	(void)state;
	static void (*const writers[])(struct html_out *) = {write_pieces, write_question, write_receipt, write_case};
	static const char *const names[] = {"pieces", "question", "receipt", "case"};
	static const char *const tags[] = {"en", "zh-Hans", "ar-XB"};
	static const char *const themes[] = {"", "dark"};
	const char *dir = getenv("PIECES_DIR");
	for (size_t k = 0; k < 4 * 3 * 2; k++) {
		size_t w = k % 4;
		const char *lang = tags[k / 4 % 3];
		const char *theme = themes[k / 12];
		struct html_out o = begin(lang);
		struct frame f = sample_frame(&o, names[w]);
		f.theme = str_of(theme);
		f.width = w == 1 ? FRAME_ASK : w == 2 ? FRAME_NOTE : FRAME_WIDE;
		f.back_href = w == 1 ? STR("/back") : STR_EMPTY;
		f.notice = w == 3 ? STR("This is a demonstration.") : STR_EMPTY;
		f.sign_out_action = w == 3 ? STR("/sign-out") : STR_EMPTY;
		frame_begin(&o, &f);
		writers[w](&o);
		frame_end(&o, &f);
		assert_false(page.failed);
		assert_true(str_is_utf8(buf_str(&page)));
		check_ids();
		if (dir == NULL) {
			continue;
		}
		char path[4096];
		snprintf(path, sizeof path, "%s/%s.%s%s%s.html", dir, names[w], lang, theme[0] ? "." : "", theme);
		FILE *out = fopen(path, "wb");
		assert_non_null(out);
		/* beside the stylesheet, as a file */
		const char *html = buf_cstr(&page);
		const char *css = strstr(html, ASSET_URL_CITYHALL_CSS);
		fprintf(out, "%.*scityhall.css%s", (int)(css - html), html, css + strlen(ASSET_URL_CITYHALL_CSS));
		fclose(out);
	}
}

int main(void)
{
	buf_init(&page, 1 << 20);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_names_the_page_and_the_place),
		cmocka_unit_test(frame_says_error_first),
		cmocka_unit_test(frame_turns_for_right_to_left),
		cmocka_unit_test(assets_are_found_by_their_hashed_path),
		cmocka_unit_test(questions_tie_label_hint_error_and_control),
		cmocka_unit_test(hostile_answers_change_no_structure),
		cmocka_unit_test(clocks_draw_each_day),
		cmocka_unit_test(long_clocks_draw_weeks),
		cmocka_unit_test(day_stones_say_what_they_show),
		cmocka_unit_test(pages_of_all_pieces_hang_together),
	};
	int failed = cmocka_run_group_tests_name("frame, forms, pieces", tests, NULL, NULL);
	buf_release(&page);
	return failed;
}
