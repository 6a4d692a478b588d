/* The catalogue over a real store and server: publishing, what is in force when, definitions and calendars that cases
 * name, and the pages. */
#include "city.h"

#include "app/catalogue/catalogue.sql.h"
#include "app/catalogue/published.h"
#include "app/enquiries/enquiries.sql.h"
#include "app/guide/guide.h"
#include "app/people/people.sql.h"
#include "app/site/site.h"
#include "os/file.h"

static const struct store_schema *const schemas[] = {&event_schema, &people_schema, &catalogue_schema,
                                                     &enquiries_schema, NULL};

static bool fails(struct req *r, struct err *e)
{
	(void)r;
	return err_set(e, ERR_CONFLICT, "for the test");
}

static const struct route test_routes[] = {
	ROUTE(METHOD_GET, "/fails", MAY_ANYONE, fails),
	ROUTE(METHOD_GET, "/secret", MAY_ADMINISTRATOR, fails),
	ROUTES_END,
};

struct town {
	struct city city;
	char pack[300]; /* a copy of the demonstration pack, to be changed */
};

static void run(const char *command)
{
	FILE *p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(pclose(p), 0);
}

static int set_up(void **state)
{
	struct town *t = malloc(sizeof *t);
	const char *tmp = getenv("TMPDIR");
	snprintf(t->pack, sizeof t->pack, "%.200s/catalogue-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->pack));
	char command[700];
	snprintf(command, sizeof command, "cp -r packs/demo/. '%s'", t->pack);
	run(command);
	city_found(&t->city, schemas);
	city_ok(&t->city, catalogue_open(&t->city.app, &t->city.e));
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct town *t = *state;
	char command[700];
	snprintf(command, sizeof command, "rm -rf '%s'", t->pack);
	run(command);
	if (t->city.server.http) {
		server_down(&t->city.server);
		t->city.server.http = NULL;
	}
	catalogue_close(&t->city.app);
	city_close(&t->city);
	free(t);
	return 0;
}

static void publish(struct town *t)
{
	struct pack_report report;
	pack_report_init(&report);
	city_ok(&t->city, catalogue_publish(&t->city.app, str_of(t->pack), &report, &t->city.e));
	if (report.mistakes > 0) {
		fail_msg("%s", buf_cstr(&report.text));
	}
	pack_report_release(&report);
}

#define SERVICE "services/labour-dispatch-permit/service.yaml"
#define CALENDAR "calendars/port-linden.yaml"

/* sed -i 's/FROM/TO/' in a file of the pack. */
static void edit(struct town *t, const char *file, const char *from, const char *to)
{
	char command[1000];
	snprintf(command, sizeof command, "grep -q '%s' '%s/%s' && sed -i 's/%s/%s/' '%s/%s'", from, t->pack, file, from,
	         to, t->pack, file);
	run(command);
}

static struct app *app_of(struct town *t)
{
	return &t->city.app;
}

static day_number day(const char *iso)
{
	day_number d = 0;
	assert_true(date_parse(str_of(iso), &d));
	return d;
}

static void go_to_day(struct town *t, const char *iso)
{
	int64_t by_us = (int64_t)day(iso) * US_PER_DAY + 12 * 3600 * US_PER_S - time_legal_us(&t->city.app.time);
	assert_true(by_us >= 0);
	time_source_advance(&t->city.app.time, by_us);
}

static const struct service *permit(struct town *t)
{
	return catalogue_service(app_of(t), STR("labour-dispatch-permit"));
}

/* --- Publishing -------------------------------------------------------------------------------------------------- */

static void before_the_first_publication_nothing_is_there(void **state)
{
	struct town *t = *state;
	const struct service *const *services;
	const struct institution *institutions;
	assert_int_equal(catalogue_services(app_of(t), &services), 0);
	assert_int_equal(catalogue_institutions(app_of(t), &institutions), 0);
	assert_null(permit(t));
	assert_null(catalogue_home(app_of(t)));
	assert_null(catalogue_front_office(app_of(t)));
	assert_int_equal(catalogue_today(app_of(t)), CITY_NOW_US / US_PER_DAY);
}

static void what_is_published_is_found_by_id_name_and_digest(void **state)
{
	struct town *t = *state;
	publish(t);
	const struct service *s = permit(t);
	assert_non_null(s);
	const struct service *by_digest = NULL;
	city_ok(&t->city, catalogue_definition(app_of(t), s->digest, &by_digest, &t->city.e));
	assert_ptr_equal(by_digest, s);
	const struct institution *in = catalogue_institution_named(app_of(t), s->institution);
	assert_non_null(in);
	assert_ptr_equal(catalogue_institution(app_of(t), in->id), in);
	assert_non_null(in->calendar);
	assert_true(str_is(catalogue_home(app_of(t))->code, "PL"));
	assert_true(str_is(catalogue_front_office(app_of(t))->pack_id, "citizens-office"));
	assert_non_null(catalogue_jurisdiction(app_of(t), STR("estuary")));
	assert_null(catalogue_service(app_of(t), STR("labour")));
	assert_null(catalogue_institution(app_of(t), 1));
}

static void the_store_gives_the_same_after_a_restart(void **state)
{
	struct town *t = *state;
	publish(t);
	uint8_t digest[SHA256_BYTES];
	memcpy(digest, permit(t)->digest, sizeof digest);
	catalogue_close(app_of(t));
	city_ok(&t->city, catalogue_open(app_of(t), &t->city.e));
	assert_non_null(permit(t));
	assert_memory_equal(permit(t)->digest, digest, sizeof digest);
	assert_true(str_is(text_in(&permit(t)->name, STR("zh-Hans")), "劳务派遣经营许可"));
}

static void publishing_the_same_again_writes_nothing(void **state)
{
	struct town *t = *state;
	publish(t);
	const struct service *before = permit(t);
	struct store_counters first, second;
	store_count(t->city.app.store, &first);
	publish(t);
	store_count(t->city.app.store, &second);
	assert_int_equal(first.writes, second.writes);
	assert_ptr_equal(permit(t), before);
}

static void a_pack_with_a_mistake_changes_nothing(void **state)
{
	struct town *t = *state;
	publish(t);
	edit(t, SERVICE, "promised: 15", "promised: 25");
	struct pack_report report;
	pack_report_init(&report);
	city_ok(&t->city, catalogue_publish(app_of(t), str_of(t->pack), &report, &t->city.e));
	assert_int_equal(report.mistakes, 1);
	pack_report_release(&report);
	assert_int_equal(permit(t)->clock.committed.n, 15);
}

static bool make(struct tx *tx, void *ctx, struct err *e)
{
	return publication_make(tx, ctx, e);
}

/* As from the authors' pages: one file of what is published, FROM replaced by TO. */
static void publish_by_hand(struct town *t, const char *path, const char *from, const char *to)
{
	struct pack_files files;
	struct pack_report report;
	struct pack *pack = NULL;
	struct publication *p = NULL;
	struct err *e = &t->city.e;
	struct buf body;
	int64_t version = 0;
	city_ok(&t->city, published_files(app_of(t), &files, &version, e));
	struct str old = pack_files_find(&files, str_of(path))->bytes;
	size_t at = str_find(old, str_of(from));
	assert_true(at != SIZE_MAX);
	buf_init(&body, 1 << 20);
	buf_put(&body, str_sub(old, 0, at));
	buf_put(&body, str_of(to));
	buf_put(&body, str_sub(old, at + strlen(from), SIZE_MAX));
	city_ok(&t->city, pack_files_put(&files, str_of(path), buf_str(&body), 1, e));
	pack_report_init(&report);
	city_ok(&t->city, pack_read(&files, &report, &pack, e));
	assert_int_equal(report.mistakes, 0);
	assert_false(publication_plan(app_of(t), &files, pack, version - 1, NULL, &p, e));
	assert_int_equal(e->code, ERR_CONFLICT);
	city_ok(&t->city, publication_plan(app_of(t), &files, pack, version, NULL, &p, e));
	city_ok(&t->city, store_write(app_of(t)->store, &(struct store_op){.route = CATALOGUE_ROUTE}, make, p, e));
	city_ok(&t->city, catalogue_reload(app_of(t), e));
	publication_free(p);
	pack_free(pack);
	pack_report_release(&report);
	pack_files_release(&files);
	buf_release(&body);
}

static void the_folder_leaves_alone_what_was_published_by_hand(void **state)
{
	struct town *t = *state;
	publish(t);
	publish_by_hand(t, SERVICE, "promised: 15", "promised: 12");
	assert_int_equal(permit(t)->clock.committed.n, 12);
	publish(t); /* as at the next start */
	assert_int_equal(permit(t)->clock.committed.n, 12);
	/* What the folder changes elsewhere is taken, beside it. */
	edit(t, "institutions.yaml", "8:30", "9:30");
	publish(t);
	assert_int_equal(permit(t)->clock.committed.n, 12);
	const struct institution *in = catalogue_front_office(app_of(t));
	assert_true(str_find(text_in(&in->hours, STR("en")), STR("9:30")) != SIZE_MAX);
}

static void what_folder_and_hand_both_changed_is_said_and_stays(void **state)
{
	struct town *t = *state;
	struct pack_report report;
	publish(t);
	publish_by_hand(t, SERVICE, "promised: 15", "promised: 12");
	edit(t, SERVICE, "promised: 15", "promised: 13");
	pack_report_init(&report);
	city_ok(&t->city, catalogue_publish(app_of(t), str_of(t->pack), &report, &t->city.e));
	assert_int_equal(report.mistakes, 1);
	assert_true(str_starts(buf_str(&report.text), STR(SERVICE ":1: the folder and the browser both changed it")));
	pack_report_release(&report);
	assert_int_equal(permit(t)->clock.committed.n, 12);
	/* Taken over into the folder, it is no conflict, and the folder goes on from there. */
	edit(t, SERVICE, "promised: 13", "promised: 12");
	publish(t);
	edit(t, SERVICE, "promised: 12", "promised: 11");
	publish(t);
	assert_int_equal(permit(t)->clock.committed.n, 11);
}

static void a_case_keeps_the_definition_that_it_was_made_under(void **state)
{
	struct town *t = *state;
	publish(t);
	const struct service *old = permit(t);
	uint8_t digest[SHA256_BYTES];
	memcpy(digest, old->digest, sizeof digest);
	edit(t, SERVICE, "promised: 15", "promised: 12");
	publish(t);
	assert_int_equal(permit(t)->clock.committed.n, 12);
	assert_int_equal(old->clock.committed.n, 15); /* still in memory for who holds it */
	catalogue_close(app_of(t));
	city_ok(&t->city, catalogue_open(app_of(t), &t->city.e));
	const struct service *again = NULL;
	city_ok(&t->city, catalogue_definition(app_of(t), digest, &again, &t->city.e));
	assert_int_equal(again->clock.committed.n, 15);
	assert_memory_equal(again->digest, digest, sizeof digest);
}

static void an_unknown_digest_is_not_found(void **state)
{
	struct town *t = *state;
	publish(t);
	uint8_t digest[SHA256_BYTES] = {1};
	const struct service *s = NULL;
	assert_false(catalogue_definition(app_of(t), digest, &s, &t->city.e));
	assert_int_equal(t->city.e.code, ERR_NOT_FOUND);
	assert_null(s);
}

static void a_new_version_waits_for_its_day(void **state)
{
	struct town *t = *state;
	publish(t);
	edit(t, SERVICE, "in_force: 2026-09-01", "in_force: 2026-10-05");
	edit(t, SERVICE, "promised: 15", "promised: 10");
	edit(t, SERVICE, "version: 4", "version: 5");
	publish(t);
	assert_int_equal(permit(t)->version, 4);
	publish(t); /* again, with both rows there */
	assert_int_equal(permit(t)->version, 4);
	go_to_day(t, "2026-10-04");
	assert_int_equal(permit(t)->version, 4);
	go_to_day(t, "2026-10-05");
	assert_int_equal(permit(t)->version, 5);
	assert_int_equal(permit(t)->clock.committed.n, 10);
	publish(t); /* now the old row goes */
	assert_int_equal(permit(t)->version, 5);
}

static void midnight_is_the_city_s(void **state)
{
	struct town *t = *state;
	edit(t, SERVICE, "in_force: 2026-09-01", "in_force: 2026-10-05");
	publish(t);
	/* 21:59 and 22:00 UTC are 23:59 and 0:00 in Amsterdam's summer time. */
	int64_t midnight_us = (int64_t)day("2026-10-04") * US_PER_DAY + 22 * 3600 * US_PER_S;
	time_source_advance(&t->city.app.time, midnight_us - US_PER_MIN - time_legal_us(&t->city.app.time));
	assert_null(permit(t));
	assert_int_equal(catalogue_today(app_of(t)), day("2026-10-04"));
	time_source_advance(&t->city.app.time, US_PER_MIN);
	assert_non_null(permit(t));
	assert_int_equal(catalogue_today(app_of(t)), day("2026-10-05"));
}

static void a_service_taken_out_is_offered_no_more_but_kept(void **state)
{
	struct town *t = *state;
	publish(t);
	uint8_t digest[SHA256_BYTES];
	memcpy(digest, permit(t)->digest, sizeof digest);
	char command[700];
	snprintf(command, sizeof command, "rm -r '%s/services/labour-dispatch-permit'", t->pack);
	run(command);
	publish(t);
	assert_null(permit(t));
	const struct service *s = NULL;
	city_ok(&t->city, catalogue_definition(app_of(t), digest, &s, &t->city.e));
	assert_true(str_is(s->id, "labour-dispatch-permit"));
}

static void a_clock_finds_the_calendar_it_was_counted_on(void **state)
{
	struct town *t = *state;
	publish(t);
	const struct calendar *c = NULL;
	edit(t, CALENDAR, "2026-06-12", "2026-06-15");
	publish(t);
	const struct institution *in = catalogue_front_office(app_of(t));
	assert_int_equal(calendar_version(in->calendar), 2);
	assert_true(calendar_is_working(in->calendar, day("2026-06-12")));
	catalogue_close(app_of(t));
	city_ok(&t->city, catalogue_open(app_of(t), &t->city.e));
	city_ok(&t->city, catalogue_calendar(app_of(t), STR("port-linden"), 1, &c, &t->city.e));
	assert_int_equal(calendar_version(c), 1);
	assert_false(calendar_is_working(c, day("2026-06-12")));
	const struct calendar *again = NULL;
	city_ok(&t->city, catalogue_calendar(app_of(t), STR("port-linden"), 1, &again, &t->city.e));
	assert_ptr_equal(again, c);
	city_ok(&t->city, catalogue_calendar(app_of(t), STR("port-linden"), 2, &c, &t->city.e));
	assert_ptr_equal(c, catalogue_front_office(app_of(t))->calendar);
	assert_false(catalogue_calendar(app_of(t), STR("port-linden"), 3, &c, &t->city.e));
	assert_int_equal(t->city.e.code, ERR_NOT_FOUND);
	assert_false(catalogue_calendar(app_of(t), STR("../pack"), 1, &c, &t->city.e));
	assert_int_equal(t->city.e.code, ERR_NOT_FOUND);
}

/* As after an update of tzdata by which Amsterdam takes the clocks of Moscow. */
static void other_data_of_the_zone_are_another_version_of_the_calendar(void **state)
{
	struct town *t = *state;
	const struct calendar *was, *is;
	char command[1600];
	publish(t);
	assert_int_equal(calendar_version(catalogue_front_office(app_of(t))->calendar), 1);
	snprintf(command, sizeof command,
	         "mkdir '%s-zones' && cp -r /usr/share/zoneinfo/. '%s-zones' && rm '%s-zones/Europe/Amsterdam' && cp -L "
	         "/usr/share/zoneinfo/Europe/Moscow '%s-zones/Europe/Amsterdam'",
	         t->pack, t->pack, t->pack, t->pack);
	run(command);
	snprintf(command, sizeof command, "%s-zones", t->pack);
	setenv("TZDIR", command, 1);
	publish(t);
	is = catalogue_front_office(app_of(t))->calendar;
	assert_int_equal(calendar_version(is), 2);
	/* The version that a clock was counted on shows the times that it showed, also when it is read from the store. */
	catalogue_close(app_of(t));
	city_ok(&t->city, catalogue_open(app_of(t), &t->city.e));
	city_ok(&t->city, catalogue_calendar(app_of(t), STR("port-linden"), 1, &was, &t->city.e));
	is = catalogue_front_office(app_of(t))->calendar;
	assert_int_equal(calendar_version(was), 1);
	assert_int_equal(calendar_version(is), 2);
	assert_memory_not_equal(calendar_digest(was), calendar_digest(is), SHA256_BYTES);
	assert_int_equal(zone_local(calendar_zone(was), CITY_NOW_US).offset_s, 2 * 3600);
	assert_int_equal(zone_local(calendar_zone(is), CITY_NOW_US).offset_s, 3 * 3600);
	unsetenv("TZDIR");
	snprintf(command, sizeof command, "rm -rf '%s-zones'", t->pack);
	run(command);
	/* The old data again: the version that is in use stays as it was stored until it is published. */
	city_ok(&t->city, catalogue_reload(app_of(t), &t->city.e));
	assert_int_equal(calendar_version(catalogue_front_office(app_of(t))->calendar), 2);
	publish(t);
	assert_int_equal(calendar_version(catalogue_front_office(app_of(t))->calendar), 3);
	assert_int_equal(zone_local(calendar_zone(catalogue_front_office(app_of(t))->calendar), CITY_NOW_US).offset_s,
	                 2 * 3600);
}

static void a_calendar_changed_back_is_its_own_old_version_again(void **state)
{
	struct town *t = *state;
	publish(t);
	edit(t, CALENDAR, "2026-06-12", "2026-06-15");
	publish(t);
	edit(t, CALENDAR, "2026-06-15", "2026-06-12");
	publish(t);
	/* Equal to version 1, but 2 stands between: a version only grows. */
	assert_int_equal(calendar_version(catalogue_front_office(app_of(t))->calendar), 3);
}

static void the_last_file_of_an_old_pack_goes(void **state)
{
	struct town *t = *state;
	char path[400];
	snprintf(path, sizeof path, "%s/calendars/other.yaml", t->pack);
	char command[1000];
	snprintf(command, sizeof command, "sed 's/^id: .*/id: other/' '%s/" CALENDAR "' > '%s'", t->pack, path);
	run(command);
	publish(t);
	unlink(path);
	publish(t);
	const struct calendar *c = NULL;
	city_ok(&t->city, catalogue_calendar(app_of(t), STR("other"), 1, &c, &t->city.e));
	assert_true(str_is(calendar_id(c), "other"));
}

/* --- Pages ------------------------------------------------------------------------------------------------------- */

static struct browser *open_city(struct town *t)
{
	static struct browser b;
	b = (struct browser){.city = &t->city};
	publish(t);
	t->city.tables[0] = people_routes;
	t->city.tables[1] = guide_routes;
	t->city.tables[2] = site_routes;
	t->city.tables[3] = test_routes;
	city_open(&t->city);
	return &b;
}

static void sees(struct browser *b, const char *text)
{
	if (str_find(b->a.body, str_of(text)) == SIZE_MAX) {
		fail_msg("the page lacks \"%s\":\n%.*s", text, STR_ARG(b->a.body));
	}
}

static void sees_not(struct browser *b, const char *text)
{
	if (str_find(b->a.body, str_of(text)) != SIZE_MAX) {
		fail_msg("the page has \"%s\":\n%.*s", text, STR_ARG(b->a.body));
	}
}

static void home_offers_search_services_and_the_way_to_a_case(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/");
	assert_int_equal(b->a.status, 200);
	sees(b, "<h1>You ask once. The city does the running.</h1>");
	sees(b, "href=\"/services/labour-dispatch-permit\"");
	sees(b, "action=\"/case-number\"");
	sees(b, "Port Linden");
	sees(b, "open until 18:00"); /* Monday, 13:33 where the city is */
	sees(b, "For you</h2>");
	sees(b, "href=\"/services/birth-registration\"");
	assert_true(b->a.body.n < 20000);
}

static void the_page_of_a_service_says_how_long_what_and_who(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/services/labour-dispatch-permit");
	assert_int_equal(b->a.status, 200);
	sees(b, "<h1>Labour dispatch permit</h1>");
	sees(b, "We promise a decision within 15 working days; the law allows 20.");
	sees(b, "20 to 24");
	sees(b, "Office for Work and Social Security, Quayside");
	sees(b, "4, in force since Tuesday 1 September 2026");
	sees(b, "href=\"/apply/labour-dispatch-permit\"");
	visit(b, "/services/nothing");
	assert_int_equal(b->a.status, 404);
	sees(b, "There is nothing at this address");
}

static void the_same_page_speaks_chinese_and_the_made_up_language_s_texts(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/language/zh-Hans?back=%2Fservices%2Flabour-dispatch-permit");
	assert_int_equal(b->a.status, 303);
	assert_true(str_is(location(b), "/services/labour-dispatch-permit"));
	follow(b);
	assert_int_equal(b->a.status, 200);
	sees(b, "<html lang=\"zh-Hans\"");
	sees(b, "<h1>劳务派遣经营许可</h1>");
	sees(b, "码头区劳动与社会保障局");
	visit(b, "/language/xx");
	assert_int_equal(b->a.status, 404);
}

static void nobody_is_sent_to_another_host(void **state)
{
	struct browser *b = open_city(*state);
	static const char *const bad[] = {"/theme/dark?back=https%3A%2F%2Fevil.example",
	                                  "/theme/dark?back=%2F%2Fevil.example", "/theme/dark?back=%2F%5Cevil.example",
	                                  "/theme/dark?back=evil"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		visit(b, bad[i]);
		assert_int_equal(b->a.status, 303);
		assert_true(str_is(location(b), "/"));
	}
}

static void light_and_dark_are_kept_in_a_cookie(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/theme/dark?back=%2Fhelp");
	follow(b);
	sees(b, "data-theme=\"dark\"");
	visit(b, "/appearance?back=%2Fhelp");
	sees(b, "/theme/device?back=%2Fhelp");
	visit(b, "/theme/purple");
	assert_int_equal(b->a.status, 404);
}

static void search_finds_by_words_in_either_language(void **state)
{
	struct browser *b = open_city(*state);
	static const char *const found[] = {"permit", "LABOUR", "staffing+agency", "%E6%B4%BE%E9%81%A3%E8%AE%B8%E5%8F%AF",
	                                    "%E5%8A%B3%E5%8A%A1"};
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		char path[200];
		snprintf(path, sizeof path, "/services?q=%s", found[i]);
		visit(b, path);
		assert_int_equal(b->a.status, 200);
		sees(b, "href=\"/services/labour-dispatch-permit\"");
	}
	visit(b, "/services?q=zebra+%3Cb%3E");
	sees(b, "No service has these words.");
	sees(b, "zebra &lt;b&gt;");
	sees_not(b, "<b>zebra");
	sees_not(b, "zebra <b>");
}

static void an_office_says_where_and_when(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/institutions/work-and-social-security");
	assert_int_equal(b->a.status, 200);
	sees(b, "12 Ropewalk, Quayside");
	sees(b, "href=\"tel:+999205550142\"");
	sees(b, "Open today until 18:00.");
	sees(b, "/services/labour-dispatch-permit");
	visit(b, "/institutions/nobody");
	assert_int_equal(b->a.status, 404);
}

static void plain_words_stand_at_their_addresses(void **state)
{
	struct browser *b = open_city(*state);
	static const char *const paths[] = {"/help", "/privacy", "/accessibility", "/about", "/appearance", "/services"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		visit(b, paths[i]);
		assert_int_equal(b->a.status, 200);
		sees(b, "<h1>");
	}
}

static void error_pages_are_calm_and_show_a_way_on(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/fails");
	assert_int_equal(b->a.status, 409);
	sees(b, "<h1>Somebody was here before you</h1>");
	sees(b, "Try again");
	visit(b, "/no/such/page");
	assert_int_equal(b->a.status, 404);
	sees(b, "See all services");
	sees_not(b, "for the test");
}

static void assets_are_kept_for_ever_and_change_their_address(void **state)
{
	struct browser *b = open_city(*state);
	visit(b, "/");
	size_t at = str_find(b->a.body, STR("rel=\"stylesheet\" href=\""));
	assert_true(at != SIZE_MAX);
	struct str rest = str_sub(b->a.body, at + 23, 200);
	char path[200];
	snprintf(path, sizeof path, "%.*s", (int)str_find_byte(rest, '"'), rest.p);
	visit(b, path);
	assert_int_equal(b->a.status, 200);
	assert_true(str_starts(head_value(&b->a, "content-type"), STR("text/css")));
	assert_true(str_find(head_value(&b->a, "cache-control"), STR("immutable")) != SIZE_MAX);
	assert_true(head_value(&b->a, "etag").n > 2);
	assert_true(str_find(b->a.body, STR("--paper")) != SIZE_MAX);
	visit(b, "/a/nothing.css");
	assert_int_equal(b->a.status, 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_the_first_publication_nothing_is_there),
		TEST(what_is_published_is_found_by_id_name_and_digest),
		TEST(the_store_gives_the_same_after_a_restart),
		TEST(publishing_the_same_again_writes_nothing),
		TEST(a_pack_with_a_mistake_changes_nothing),
		TEST(the_folder_leaves_alone_what_was_published_by_hand),
		TEST(what_folder_and_hand_both_changed_is_said_and_stays),
		TEST(a_case_keeps_the_definition_that_it_was_made_under),
		TEST(an_unknown_digest_is_not_found),
		TEST(a_new_version_waits_for_its_day),
		TEST(midnight_is_the_city_s),
		TEST(a_service_taken_out_is_offered_no_more_but_kept),
		TEST(a_clock_finds_the_calendar_it_was_counted_on),
		TEST(other_data_of_the_zone_are_another_version_of_the_calendar),
		TEST(a_calendar_changed_back_is_its_own_old_version_again),
		TEST(the_last_file_of_an_old_pack_goes),
		TEST(home_offers_search_services_and_the_way_to_a_case),
		TEST(the_page_of_a_service_says_how_long_what_and_who),
		TEST(the_same_page_speaks_chinese_and_the_made_up_language_s_texts),
		TEST(nobody_is_sent_to_another_host),
		TEST(light_and_dark_are_kept_in_a_cookie),
		TEST(search_finds_by_words_in_either_language),
		TEST(an_office_says_where_and_when),
		TEST(plain_words_stand_at_their_addresses),
		TEST(error_pages_are_calm_and_show_a_way_on),
		TEST(assets_are_kept_for_ever_and_change_their_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
