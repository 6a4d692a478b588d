/* Changes of the pack as authors make them: every mistake of tests/data/packs/mistakes, and worse, through the jobs and
 * the check of the authors' pages. A broken change is kept, says what is wrong, and changes nothing for anybody. */
#include "city.h"

#include "app/authoring/change.h"
#include "app/authoring/difference.h"
#include "app/catalogue/catalogue.h"
#include "app/people/people.sql.h"
#include "os/file.h"
#include "pack_script.h"

#define PACK "tests/data/packs/stall"
#define MISTAKES "tests/data/packs/mistakes"
#define SERVICE "services/market-stall/service.yaml"

extern const struct store_schema catalogue_schema;
static const struct store_schema *const schemas[] = {&event_schema, &people_schema, &catalogue_schema,
                                                     &authoring_schema, NULL};

static int set_up(void **state)
{
	struct city *c = malloc(sizeof *c);
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR(PACK), &report, &c->e));
	assert_int_equal(report.mistakes, 0);
	pack_report_release(&report);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct city *c = *state;
	catalogue_close(&c->app);
	city_close(c);
	free(c);
	return 0;
}

static struct change_who who(int64_t change, int64_t version, int64_t account)
{
	return (struct change_who){.change = change, .version = version, .account = account, .name = STR("Ada")};
}

static bool do_job(struct city *c, store_job *job, void *ctx)
{
	return store_write(c->app.store, &(struct store_op){.route = CATALOGUE_ROUTE}, job, ctx, &c->e);
}

static int64_t begin(struct city *c)
{
	struct change_begin b = {.who = who(id_in_time(time_legal_us(&c->app.time)), 0, 7),
	                         .title = STR("A change"),
	                         .service = STR_EMPTY,
	                         .body = STR_EMPTY,
	                         .path = STR_EMPTY,
	                         .kind = CHANGE_PUBLICATION};
	city_ok(c, do_job(c, change_begin_job, &b));
	return b.who.change;
}

static void save(struct city *c, int64_t change, struct str path, struct str body, enum file_what what)
{
	struct change_save_file f = {.path = path, .body = body, .base_digest = STR_EMPTY, .what = what, .seen = -1};
	struct change_save s = {.who = who(change, 0, 7), .files = &f, .n = 1};
	city_ok(c, do_job(c, change_save_job, &s));
}

/* The files in which a changed pack differs, into a change. */
static void save_all(struct city *c, int64_t change, const struct pack_files *is, const struct pack_files *was)
{
	for (size_t i = 0; i < is->n; i++) {
		const struct pack_file *old = pack_files_find(was, is->items[i].path);
		if (!old || !str_eq(old->bytes, is->items[i].bytes)) {
			save(c, change, is->items[i].path, is->items[i].bytes, FILE_TEXT);
		}
	}
	for (size_t i = 0; i < was->n; i++) {
		if (!pack_files_find(is, was->items[i].path)) {
			save(c, change, was->items[i].path, STR_EMPTY, FILE_OUT);
		}
	}
}

static void expect_still_served(struct city *c, int64_t version)
{
	struct pack_files now;
	int64_t at = 0;
	city_ok(c, published_files(&c->app, &now, &at, &c->e));
	pack_files_release(&now);
	assert_int_equal(at, version);
	assert_non_null(catalogue_service(&c->app, STR("market-stall")));
}

static void every_mistake_is_said_of_a_change_and_stops_nothing(void **state)
{
	struct city *c = *state;
	struct dirent **names = NULL;
	int n = scandir(MISTAKES, &names, NULL, alphasort);
	assert_true(n > 100);
	for (int i = 0; i < n; i++) {
		char path[512];
		struct buf script, expected;
		struct pack_files was, is;
		struct pack_report report;
		struct change_view v;
		snprintf(path, sizeof path, MISTAKES "/%s", names[i]->d_name);
		bool is_script = names[i]->d_name[0] != '.';
		free(names[i]);
		if (!is_script) {
			continue;
		}
		buf_init(&script, 1 << 20);
		buf_init(&expected, 1 << 20);
		pack_report_init(&report);
		city_ok(c, file_read_whole(path, &script, &c->e));
		city_ok(c, pack_files_read(STR(PACK), &was, &report, &c->e));
		city_ok(c, pack_files_read(STR(PACK), &is, &report, &c->e));
		run_script(buf_str(&script), &is, &expected);
		int64_t change = begin(c);
		save_all(c, change, &is, &was);
		city_ok(c, change_open(&c->app, change, &v, &c->e));
		if (!str_eq(buf_str(&v.report.text), buf_str(&expected))) {
			fail_msg("%s\nexpected:\n%s\nreported:\n%s", path, buf_cstr(&expected), buf_cstr(&v.report.text));
		}
		assert_true(v.mistake_n > 0 && v.mistakes[0].line > 0 && v.mistakes[0].say.n > 0);
		change_release(&v);
		pack_files_release(&was);
		pack_files_release(&is);
		pack_report_release(&report);
		buf_release(&script);
		buf_release(&expected);
		expect_still_served(c, 1);
	}
	free(names);
}

/* One text in the service's place; the first mistake holds `say`. */
static void expect_mistake(struct city *c, struct str body, const char *say)
{
	struct change_view v;
	int64_t change = begin(c);
	save(c, change, STR(SERVICE), body, FILE_TEXT);
	city_ok(c, change_open(&c->app, change, &v, &c->e));
	assert_true(v.mistake_n > 0);
	if (str_find(buf_str(&v.report.text), str_of(say)) == SIZE_MAX) {
		fail_msg("%s", buf_cstr(&v.report.text));
	}
	change_release(&v);
	expect_still_served(c, 1);
}

static void bombs_giants_and_files_of_another_kind_are_mistakes(void **state)
{
	struct city *c = *state;
	struct buf b;
	expect_mistake(c, STR("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n"),
	               "this is no YAML that we read");
	expect_mistake(c, STR("- a list\n- and no service\n"), "the file has to begin with keys");
	expect_mistake(c, STR("just words\n"), "the file has to begin with keys");
	expect_mistake(c, STR_EMPTY, "");
	buf_init(&b, 1 << 20);
	buf_put(&b, STR("format: 1\nid: market-stall\npages:\n"));
	for (int p = 0; p < 50; p++) {
		buf_printf(&b, "- id: p%d\n  title: {en: T}\n  questions:\n", p);
		for (int q = 0; q < 100; q++) {
			buf_printf(&b, "  - {id: q%d-%d, type: yes-no, label: {en: Q}, data: public}\n", p, q);
		}
	}
	expect_mistake(c, buf_str(&b), "Divide the service into several");
	buf_reset(&b);
	for (int i = 0; i < 2000; i++) {
		buf_put(&b, STR("["));
	}
	expect_mistake(c, buf_str(&b), "this is no YAML that we read");
	buf_release(&b);
}

static void two_who_save_one_file_are_told(void **state)
{
	struct city *c = *state;
	int64_t change = begin(c);
	struct change_save_file f = {
		.path = STR(SERVICE), .body = STR("first\n"), .base_digest = STR_EMPTY, .what = FILE_TEXT, .seen = 0};
	struct change_save s = {.who = who(change, 0, 7), .files = &f, .n = 1};
	city_ok(c, do_job(c, change_save_job, &s));
	f.body = STR("second\n");
	assert_false(do_job(c, change_save_job, &s));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	f.seen = 1;
	city_ok(c, do_job(c, change_save_job, &s));
}

static void nobody_publishes_what_they_asked_for(void **state)
{
	struct city *c = *state;
	int64_t change = begin(c);
	struct change_ask ask = {.save = {.who = who(change, 1, 7)}, .reason = STR("Because.")};
	city_ok(c, do_job(c, change_ask_job, &ask));
	struct change_answer a = {.who = who(change, 2, 7), .reason = STR_EMPTY};
	assert_false(do_job(c, change_publish_job, &a));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	a.who.account = 8;
	city_ok(c, do_job(c, change_publish_job, &a));
	assert_false(do_job(c, change_publish_job, &a)); /* once */
}

static void a_repair_may_word_anew_and_nothing_else(void **state)
{
	struct city *c = *state;
	const struct service *s = catalogue_service(&c->app, STR("market-stall"));
	struct service other = *s;
	struct sentences out;
	sentences_init(&out, &c->arena, STR("en"));
	other.name.in[0] = STR("Another name");
	other.clock.committed.n--;
	repair_objections(&out, s, &other);
	assert_int_equal(out.n, 0);
	other.clock.committed.n += 5;
	repair_objections(&out, s, &other);
	assert_int_equal(out.n, 1);
	other = *s;
	other.page_n--;
	sentences_init(&out, &c->arena, STR("en"));
	repair_objections(&out, s, &other);
	assert_int_equal(out.n, 1);
	other = *s;
	other.fee_minor++;
	other.version++;
	sentences_init(&out, &c->arena, STR("en"));
	repair_objections(&out, s, &other);
	assert_int_equal(out.n, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_mistake_is_said_of_a_change_and_stops_nothing),
		T(bombs_giants_and_files_of_another_kind_are_mistakes),
		T(two_who_save_one_file_are_told),
		T(nobody_publishes_what_they_asked_for),
		T(a_repair_may_word_anew_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
