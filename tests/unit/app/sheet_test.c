/* Tables as files: CSV by RFC 4180, a workbook that is a zip of the parts that ECMA-376 asks for. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

#include "app/statistics/points.h"
#include "app/statistics/published.h"
#include "app/statistics/sheet.h"
#include "html/chart.h"
#include "os/file.h"

static void write_table(enum sheet_form form, int lines, struct buf *out)
{
	char path[] = "/tmp/sheet-test-XXXXXX";
	int fd = mkstemp(path);
	struct sheet s;
	struct err e;
	assert_true(fd >= 0);
	sheet_begin(&s, form, fd);
	for (int i = 0; i < lines; i++) {
		sheet_text(&s, STR("a \"b\", <c> & d"));
		sheet_text(&s, STR("=1+1"));
		sheet_number(&s, -i);
		sheet_day(&s, i == 0 ? 0 : 20717);
		sheet_line_end(&s);
	}
	assert_true(sheet_end(&s, &e));
	assert_int_equal(s.lines, lines);
	buf_init(out, 64 << 20);
	close(fd);
	assert_true(file_read_whole(path, out, &e));
	assert_int_equal(s.bytes, out->n);
	unlink(path);
}

static void a_line_of_csv_is_quoted_where_it_has_to_be(void **state)
{
	(void)state;
	struct buf b;
	write_table(SHEET_CSV, 2, &b);
	assert_true(str_is(buf_str(&b), "\xef\xbb\xbf\"a \"\"b\"\", <c> & d\",\"'=1+1\",0,\r\n"
	                                "\"a \"\"b\"\", <c> & d\",\"'=1+1\",-1,2026-09-21\r\n"));
	buf_release(&b);
}

static void a_workbook_holds_its_parts_and_every_line(void **state)
{
	(void)state;
	struct buf b;
	struct arena a;
	struct zip_files files;
	struct err e;
	enum { LINES = 20000 };
	write_table(SHEET_XLSX, LINES, &b);
	arena_init(&a, 64 << 20);
	assert_true(zip_read(&a, buf_str(&b),
	                     &(struct zip_limits){.files = 9, .file_bytes = 32 << 20, .all_bytes = 40 << 20}, &files, &e));
	assert_int_equal(files.n, 6);
	assert_true(str_is(files.items[0].path, "[Content_Types].xml"));
	assert_true(str_is(files.items[4].path, "xl/styles.xml"));
	assert_true(str_find(files.items[4].bytes, STR("<fill><patternFill patternType=\"gray125\"/></fill>")) != SIZE_MAX);
	struct str sheet = files.items[5].bytes;
	assert_true(str_is(files.items[5].path, "xl/worksheets/sheet1.xml"));
	assert_true(str_ends(sheet, STR("</sheetData></worksheet>")));
	assert_true(str_find(sheet, STR("<t>a \"b\", &lt;c&gt; &amp; d</t>")) != SIZE_MAX);
	assert_true(str_find(sheet, STR("<c s=\"1\"><v>46286</v></c>")) != SIZE_MAX); /* 21 September 2026 */
	int rows = 0;
	for (size_t at; (at = str_find(sheet, STR("<row>"))) != SIZE_MAX; rows++) {
		sheet = str_sub(sheet, at + 5, sheet.n);
	}
	assert_int_equal(rows, LINES);
	arena_release(&a);
	buf_release(&b);
}

/* --- Points --- */

static struct official_line line(int64_t official, int64_t decided, int64_t kept, int64_t reopened)
{
	struct official_line l = {.official = official};
	l.f.n[FIG_DECIDED] = l.f.n[FIG_PROMISED] = decided;
	l.f.n[FIG_PROMISE_KEPT] = kept;
	l.f.n[FIG_REOPENED] = reopened;
	return l;
}

static void points_count_what_was_kept_less_what_came_back(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	struct official_line lines[] = {line(1, 20, 20, 0), line(2, 20, 20, 1), line(3, 4, 4, 0), line(4, 30, 15, 0),
	                                line(5, 20, 20, 0), line(6, 20, 20, 0), line(7, 10, 0, 9)};
	struct picture p = {.officials = lines, .official_n = sizeof lines / sizeof *lines};
	int64_t unranked[] = {6};
	struct ranked *r = points_rank(&a, &p, unranked, 1);
	assert_int_equal(points_of(&lines[0].f), 1000);
	assert_int_equal(points_of(&lines[1].f), 850);
	assert_int_equal(points_of(&lines[6].f), 0); /* never below */
	/* Equal points share a rank; too few cases, and an objection that is right, are not ranked. */
	assert_int_equal(r[0].rank, 1);
	assert_int_equal(r[1].rank, 1);
	assert_int_equal(r[0].official + r[1].official, 6);
	assert_int_equal(r[2].official, 2);
	assert_int_equal(r[2].rank, 3);
	assert_int_equal(r[3].official, 4);
	assert_int_equal(r[4].official, 7);
	assert_int_equal(r[4].rank, 5);
	assert_int_equal(r[5].rank, 0);
	assert_int_equal(r[6].rank, 0);
	/* An office by the same formula, when it decided enough. */
	assert_int_equal(points_of_office(&lines[1].f), 850);
	assert_int_equal(points_of_office(&lines[2].f), -1);
	assert_int_equal(points_least(20), 10);
	assert_int_equal(points_least(3), 5);
	arena_release(&a);
}

/* --- What everybody may be told --- */

static struct service_line service(int64_t decided, int64_t late, int64_t past)
{
	struct service_line l = {.service = STR_EMPTY};
	l.f.n[FIG_DECIDED] = l.f.n[FIG_PROMISED] = l.f.n[FIG_LIMITED] = l.f.n[FIG_TIMED] = decided;
	l.f.n[FIG_PROMISE_KEPT] = decided - late;
	l.f.n[FIG_LAW_KEPT] = decided - past;
	return l;
}

static void nothing_few_is_told_nor_follows_from_what_is(void **state)
{
	(void)state;
	static const struct {
		int64_t decided, late, past;
		bool is_late_told, is_past_told;
	} tries[] = {{0, 0, 0, true, true},   {4, 0, 0, false, false},  {9, 0, 0, true, true},  {9, 9, 9, true, true},
	             {9, 1, 0, false, false}, {9, 6, 0, false, true},   {20, 8, 0, true, true}, {20, 8, 5, true, false},
	             {20, 11, 5, true, true}, {20, 16, 5, false, true}, {20, 5, 5, true, true}, {20, 5, 0, true, true}};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct service_line l = service(tries[i].decided, tries[i].late, tries[i].past);
		if (published_is_late(&l.f) != tries[i].is_late_told || published_is_past(&l.f) != tries[i].is_past_told) {
			fail_msg("of %d %d late, %d past", (int)tries[i].decided, (int)tries[i].late, (int)tries[i].past);
		}
	}
	/* What is told of an office, less what is told of its services, is nothing. */
	struct service_line lines[] = {service(30, 6, 0), service(3, 3, 3), service(12, 2, 0), service(9, 0, 0)};
	struct picture p = {.services = lines, .service_n = 4};
	struct published t = published_of(&p);
	assert_int_equal(t.decided, 30 + 12 + 9);
	assert_int_equal(t.promised, 30 + 9);
	assert_int_equal(t.kept, 24 + 9);
	assert_false(t.is_whole);
	p.service_n = 1;
	assert_true(published_of(&p).is_whole);
}

static void a_scale_ends_at_a_round_number(void **state)
{
	(void)state;
	static const int64_t tops[][2] = {{0, 1},   {1, 1},     {2, 2},     {3, 3},     {7, 8},     {9, 10},
	                                  {11, 15}, {132, 150}, {151, 200}, {201, 300}, {599, 600}, {801, 1000}};
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
		assert_int_equal(chart_top(tops[i][0]), tops[i][1]);
	}
}

/* A chart has a mark for each number, none wider than the drawing, and turns round where people read from the right. */
static void bars_stand_on_each_other_and_run_from_right_to_left(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	static const int64_t kept[] = {10, 0, 5}, late[] = {2, 3, 0};
	static const struct str labels[] = {STR_INIT("Jan"), STR_INIT("Feb"), STR_INIT("Mar")};
	struct chart c = {.kind = CHART_BARS,
	                  .labels = labels,
	                  .n = 3,
	                  .series = {{.look = "c1", .values = kept}, {.look = "late", .values = late}},
	                  .series_n = 2};
	struct chart_drawing d, back;
	assert_true(chart_draw(&a, &c, STR("en"), &d));
	assert_int_equal(d.mark_n, 4);
	assert_int_equal(d.label_n, 3);
	assert_int_equal(d.marks[1].y + d.marks[1].h + 2, d.marks[0].y);
	assert_true(chart_draw(&a, &c, STR("ar-XB"), &back));
	assert_int_equal(back.marks[0].h, d.marks[0].h);
	assert_false(str_eq(back.marks[0].x, d.marks[0].x));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_csv_is_quoted_where_it_has_to_be),
		cmocka_unit_test(a_workbook_holds_its_parts_and_every_line),
		cmocka_unit_test(nothing_few_is_told_nor_follows_from_what_is),
		cmocka_unit_test(a_scale_ends_at_a_round_number),
		cmocka_unit_test(bars_stand_on_each_other_and_run_from_right_to_left),
		cmocka_unit_test(points_count_what_was_kept_less_what_came_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
