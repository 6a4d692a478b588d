/* Packs: the demonstration city is without mistakes, and each mistake of tests/data/packs/mistakes is found, with the
 * whole report compared. PACK_GOLDEN=write puts the present report into those files, to be read before it is committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/catalogue/pack.h"
#include "app/catalogue/service_read.h"
#include "base/fault.h"
#include "os/file.h"
#include "pack_script.h"

#define MISTAKES "tests/data/packs/mistakes"

static struct pack *read_dir(const char *dir, struct pack_report *report)
{
	struct pack_files files;
	struct pack *p = NULL;
	struct err e = {0};
	pack_report_init(report);
	if (!pack_files_read(str_of(dir), &files, report, &e) || !pack_read(&files, report, &p, &e)) {
		fail_msg("%s", e.text);
	}
	pack_files_release(&files);
	return p;
}

static void expect_no_mistakes(const char *dir)
{
	struct pack_report report;
	struct pack *p = read_dir(dir, &report);
	if (report.mistakes > 0) {
		fail_msg("%zu mistakes:\n%s", report.mistakes, buf_cstr(&report.text));
	}
	pack_report_release(&report);
	pack_free(p);
}

static void the_demonstration_city_has_no_mistakes(void **state)
{
	(void)state;
	expect_no_mistakes("packs/demo");
}

static void the_pack_of_the_tests_has_no_mistakes(void **state)
{
	(void)state;
	expect_no_mistakes("tests/data/packs/stall");
}

/* --- One mistake a file ------------------------------------------------------------------------------------------ */

static void write_golden(const char *path, struct str script, struct str report)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	struct str line;
	while (str_next(&script, '\n', &line)) {
		if (line.n > 0 && !str_starts(line, STR("= "))) {
			fprintf(f, "%.*s\n", STR_ARG(line));
		}
	}
	while (str_next(&report, '\n', &line)) {
		if (line.n > 0) {
			fprintf(f, "= %.*s\n", STR_ARG(line));
		}
	}
	fclose(f);
}

static void check_script(const char *path)
{
	struct buf script, expected;
	buf_init(&script, 1 << 20);
	buf_init(&expected, 1 << 20);
	struct err e = {0};
	struct pack_files files;
	struct pack_report report;
	struct pack *p = NULL;
	pack_report_init(&report);
	if (!file_read_whole(path, &script, &e) || !pack_files_read(STR("tests/data/packs/stall"), &files, &report, &e)) {
		fail_msg("%s", e.text);
	}
	run_script(buf_str(&script), &files, &expected);
	assert_true(pack_read(&files, &report, &p, &e));
	if (getenv("PACK_GOLDEN") != NULL) {
		write_golden(path, buf_str(&script), buf_str(&report.text));
	} else if (!str_eq(buf_str(&report.text), buf_str(&expected))) {
		fail_msg("%s\nexpected:\n%s\nreported:\n%s", path, buf_cstr(&expected), buf_cstr(&report.text));
	}
	assert_true(report.mistakes > 0);
	pack_free(p);
	pack_report_release(&report);
	pack_files_release(&files);
	buf_release(&script);
	buf_release(&expected);
}

static void each_mistake_is_reported_with_file_line_and_remedy(void **state)
{
	(void)state;
	struct dirent **names;
	int n = scandir(MISTAKES, &names, NULL, alphasort);
	int checked = 0;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		if (str_ends(str_of(names[i]->d_name), STR(".txt"))) {
			char path[512];
			snprintf(path, sizeof path, MISTAKES "/%s", names[i]->d_name);
			check_script(path);
			checked++;
		}
		free(names[i]);
	}
	free(names);
	assert_true(checked >= 60);
}

/* --- Folders ----------------------------------------------------------------------------------------------------- */

static void put_file(const char *dir, const char *name, struct str bytes)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

static void make_dir(char *dir, const char *sub)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", dir, sub);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void temporary(char out[256])
{
	const char *tmp = getenv("TMPDIR");
	snprintf(out, 256, "%s/pack-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(out));
}

static void remove_tree(const char *dir)
{
	char command[512];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	pclose(p);
}

static void expect_report(const char *dir, const char *expected)
{
	struct pack_report report;
	struct pack *p = read_dir(dir, &report);
	assert_string_equal(buf_cstr(&report.text), expected);
	pack_report_release(&report);
	pack_free(p);
}

static void an_empty_folder_lacks_each_file(void **state)
{
	(void)state;
	char dir[256];
	temporary(dir);
	expect_report(
		dir, "pack.yaml:1: the file is missing. Write it; docs/service-author.md says what stands in it.\n"
			 "jurisdictions.yaml:1: the file is missing. Write it; docs/service-author.md says what stands in it.\n"
			 "institutions.yaml:1: the file is missing. Write it; docs/service-author.md says what stands in it.\n");
	remove_tree(dir);
}

static void files_with_names_of_no_part_are_reported_and_others_ignored(void **state)
{
	(void)state;
	char dir[256];
	temporary(dir);
	make_dir(dir, "services");
	make_dir(dir, "services/empty");
	make_dir(dir, "drafts");
	put_file(dir, "README", STR("words"));
	put_file(dir, ".hidden.yaml", STR("words"));
	put_file(dir, "institution.yaml", STR("x: y"));
	put_file(dir, "services/list.yml", STR("x: y"));
	struct pack_report report;
	struct pack *p = read_dir(dir, &report);
	assert_true(str_starts(buf_str(&report.text),
	                       STR("institution.yaml:1: a pack has no file of this name. Rename or move it.\n"
	                           "services/empty:1: the folder holds no service.yaml. Write it, or take the folder out.\n"
	                           "services/list.yml:1: a pack has no file of this name. Rename or move it.\n"
	                           "pack.yaml:1: the file is missing.")));
	pack_report_release(&report);
	pack_free(p);
	remove_tree(dir);
}

static void a_file_that_is_too_large_is_a_mistake(void **state)
{
	(void)state;
	char dir[256];
	temporary(dir);
	char *big = mem_alloc(600000, 1);
	memset(big, '#', 600000);
	put_file(dir, "pack.yaml", str_from(big, 600000));
	mem_free(big);
	struct pack_report report;
	struct pack *p = read_dir(dir, &report);
	assert_true(str_starts(buf_str(&report.text), STR("pack.yaml:1: the file is larger than 512 KiB. Divide it.\n")));
	pack_report_release(&report);
	pack_free(p);
	remove_tree(dir);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	struct pack_report report;
	struct err e = {0};
	pack_report_init(&report);
	assert_false(pack_check(STR("tests/data/packs/nowhere"), &report, &e));
	assert_int_equal(e.code, ERR_IO);
	pack_report_release(&report);
}

static void bytes_that_are_no_text_are_a_mistake(void **state)
{
	(void)state;
	char dir[256];
	temporary(dir);
	put_file(dir, "pack.yaml", str_from("id: \xff\xfe\n", 7));
	put_file(dir, "jurisdictions.yaml", str_from("a: \0b\n", 6));
	put_file(dir, "institutions.yaml", STR("- a\n- b\n"));
	struct pack_report report;
	struct pack *p = read_dir(dir, &report);
	assert_int_equal(report.mistakes, 3);
	pack_report_release(&report);
	pack_free(p);
	remove_tree(dir);
}

/* --- What is read ------------------------------------------------------------------------------------------------ */

static void zone_and_currency_go_down_from_parent_to_child(void **state)
{
	(void)state;
	struct pack_report report;
	struct pack *p = read_dir("packs/demo", &report);
	const struct jurisdiction *city = pack_jurisdiction(p, STR("port-linden"));
	assert_non_null(city);
	assert_true(str_is(city->zone_name, "Europe/Amsterdam"));
	assert_true(str_is(city->currency, "EUR"));
	assert_true(str_is(city->code, "PL"));
	assert_non_null(city->zone);
	assert_true(str_is(text_in(&city->name, STR("zh-Hans")), "林登港"));
	pack_report_release(&report);
	pack_free(p);
}

static void ids_of_institutions_never_change(void **state)
{
	(void)state;
	struct pack_report report;
	struct pack *p = read_dir("packs/demo", &report);
	/* Rows of cases and roles hold these: a change here loses them. */
	assert_int_equal(pack_institution(p, STR("work-and-social-security"))->id, INT64_C(0x44a32dfd2aa926db));
	assert_int_equal(pack_institution(p, STR("citizens-office"))->id, INT64_C(0x4219ce1dab1707d6));
	pack_report_release(&report);
	pack_free(p);
}

static day_number day(const char *iso)
{
	day_number d = 0;
	assert_true(date_parse(str_of(iso), &d));
	return d;
}

static void the_demonstration_calendar_counts_as_printed_on_receipts(void **state)
{
	(void)state;
	struct pack_report report;
	struct pack *p = read_dir("packs/demo", &report);
	const struct calendar *c = pack_institution(p, STR("work-and-social-security"))->calendar;
	assert_non_null(c);
	assert_int_equal(calendar_add(c, day("2026-11-02"), 15), day("2026-11-23"));
	assert_int_equal(calendar_add(c, day("2026-11-02"), 20), day("2026-11-30"));
	assert_false(calendar_is_working(c, day("2026-12-25")));
	assert_true(calendar_is_working(c, day("2026-09-26"))); /* a Saturday, worked for the Harbour Days */
	struct office_hours hours = calendar_hours(c, day("2026-12-24"));
	assert_int_equal(hours.n, 1);
	assert_int_equal(hours.spans[0].from_min, 510);
	assert_int_equal(hours.spans[0].to_min, 750);
	pack_report_release(&report);
	pack_free(p);
}

static void the_made_up_language_is_made_of_the_english_texts(void **state)
{
	(void)state;
	struct pack_report report;
	struct pack *p = read_dir("packs/demo", &report);
	assert_true(p->service_n > 0);
	for (size_t i = 0; i < p->service_n; i++) {
		const struct text *name = &p->services[i]->name;
		struct str made_up = text_in(name, STR("ar-XB"));
		assert_false(str_eq(made_up, text_in(name, STR("en"))));
		assert_true(str_runes(made_up) > str_runes(text_in(name, STR("en"))));
	}
	pack_report_release(&report);
	pack_free(p);
}

#ifdef CITYHALL_FAULT
/* Either it fails as out of memory, or what failed was not needed; never is a good pack called bad. */
static void each_allocation_may_fail(void **state)
{
	(void)state;
	bool is_through = false;
	int failed = 0;
	for (uint64_t n = 1; !is_through; n += n < 300 ? 1 : 17) {
		struct pack_report report;
		struct err e = {0};
		pack_report_init(&report);
		fault_arm(FAULT_ALLOC, n);
		bool ok = pack_check(STR("tests/data/packs/stall"), &report, &e);
		is_through = fault_seen(FAULT_ALLOC) < n;
		fault_arm(FAULT_ALLOC, 0);
		if (!ok) {
			failed++;
			assert_true(e.code == ERR_MEMORY || e.code == ERR_TOO_LARGE);
		} else if (report.mistakes > 0) {
			fail_msg("allocation %llu: %s", (unsigned long long)n, buf_cstr(&report.text));
		}
		pack_report_release(&report);
	}
	assert_true(failed > 10);
}
#endif

/* 5,000 questions: refused in words, whether they come on one page or on many, and before anything takes long. */
static void five_thousand_questions_are_refused_in_words(void **state)
{
	(void)state;
	for (int per_page = 25; per_page <= 5000; per_page *= 200) {
		struct buf yaml;
		struct arena arena;
		struct pack_report report;
		struct str none = STR_EMPTY;
		buf_init(&yaml, 4 << 20);
		arena_init(&arena, 64 << 20);
		pack_report_init(&report);
		buf_put_c(&yaml, "pages:\n");
		for (int i = 0; i < 5000; i++) {
			if (i % per_page == 0) {
				buf_printf(&yaml, "- id: p%d\n  title: {en: P}\n  questions:\n", i);
			}
			buf_printf(&yaml, "  - {id: q%d, type: text, label: {en: Q}, purpose: {en: P}, data: public}\n", i);
		}
		struct reader r = {.arena = &arena, .report = &report, .file = STR("s.yaml"), .has_lang = {true}};
		struct service_context context = {.institutions = &none};
		struct service *s = service_read(&r, buf_str(&yaml), STR_EMPTY, &context);
		assert_true(s == NULL || service_question_count(s) <= 5000);
		struct str said = buf_str(&report.text);
		assert_true(str_find(said, STR("Divide the service into several.")) != SIZE_MAX ||
		            str_find(said, STR("\"questions\" has 5000 entries. Write at most 300.")) != SIZE_MAX ||
		            str_find(said, STR("\"pages\" has 200 entries. Write at most 60.")) != SIZE_MAX);
		pack_report_release(&report);
		arena_release(&arena);
		buf_release(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_demonstration_city_has_no_mistakes),
		cmocka_unit_test(the_pack_of_the_tests_has_no_mistakes),
		cmocka_unit_test(each_mistake_is_reported_with_file_line_and_remedy),
		cmocka_unit_test(an_empty_folder_lacks_each_file),
		cmocka_unit_test(files_with_names_of_no_part_are_reported_and_others_ignored),
		cmocka_unit_test(a_file_that_is_too_large_is_a_mistake),
		cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
		cmocka_unit_test(bytes_that_are_no_text_are_a_mistake),
		cmocka_unit_test(zone_and_currency_go_down_from_parent_to_child),
		cmocka_unit_test(ids_of_institutions_never_change),
		cmocka_unit_test(the_demonstration_calendar_counts_as_printed_on_receipts),
		cmocka_unit_test(the_made_up_language_is_made_of_the_english_texts),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(each_allocation_may_fail),
#endif
		cmocka_unit_test(five_thousand_questions_are_refused_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
