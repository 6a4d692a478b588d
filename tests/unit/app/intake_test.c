/* What an official takes in for somebody: the day of receipt over weekends and holidays, what the event says of it,
 * what the applicant confirmed, numbers of paper forms. */
#include "case_world.h"

#include "app/cases/bundle.h"
#include "app/counter/form_number.h"
#include "app/forms/intake.h"

enum { WEEKEND = 1 << 5 | 1 << 6 };

static day_number day_of(const char *iso)
{
	day_number day = 0;
	assert_true(date_parse(str_of(iso), &day));
	return day;
}

/* Seven days off from 1 October 2026, and Saturday 10 October made up for. */
static struct calendar *holidays(struct zone **zone)
{
	struct calendar_day days[8];
	size_t n = 0;
	struct err e = {0};
	struct calendar *c = NULL;
	for (day_number day = day_of("2026-10-01"); day <= day_of("2026-10-07"); day++) {
		days[n++] = (struct calendar_day){.day = day};
	}
	days[n++] = (struct calendar_day){.day = day_of("2026-10-10"), .is_working = true};
	assert_true(zone_load(STR("Asia/Shanghai"), zone, &e));
	struct calendar_spec spec = {.id = STR("test"),
	                             .version = 1,
	                             .zone = *zone,
	                             .weekend = WEEKEND,
	                             .hours = OFFICE_HOURS(9 * 60, 17 * 60),
	                             .days = days,
	                             .day_n = n,
	                             .first = day_of("2026-01-01"),
	                             .last = day_of("2027-12-31")};
	assert_true(calendar_new(&spec, &c, &e));
	return c;
}

static void the_day_of_receipt_counts_working_days_back_over_weekends_and_holidays(void **state)
{
	static const struct {
		const char *today, *day;
		int back;
		enum receipt_day_fault fault;
	} cases[] = {
		{"2026-03-04", "2026-03-04", 0, RECEIPT_DAY_RIGHT},     /* today, always */
		{"2026-03-04", "2026-03-05", 3, RECEIPT_DAY_AHEAD},     /* never later */
		{"2026-03-04", "2026-03-03", 0, RECEIPT_DAY_TOO_EARLY}, /* a service may allow none at all */
		{"2026-03-04", "2026-03-03", 1, RECEIPT_DAY_RIGHT},
		{"2026-03-04", "2026-03-02", 1, RECEIPT_DAY_TOO_EARLY},
		{"2026-03-09", "2026-03-06", 1, RECEIPT_DAY_RIGHT},     /* Monday: Friday is one working day back */
		{"2026-03-09", "2026-03-07", 1, RECEIPT_DAY_RIGHT},     /* what lay in the box on Saturday too */
		{"2026-03-09", "2026-03-05", 1, RECEIPT_DAY_TOO_EARLY}, /* Thursday is two */
		{"2026-03-08", "2026-03-06", 0, RECEIPT_DAY_RIGHT},     /* entered on a Sunday: no working day in between */
		{"2026-10-08", "2026-09-30", 1, RECEIPT_DAY_RIGHT},     /* the day before a week of holidays */
		{"2026-10-08", "2026-09-29", 1, RECEIPT_DAY_TOO_EARLY},
		{"2026-10-12", "2026-10-09", 2, RECEIPT_DAY_RIGHT}, /* over a Saturday that is worked on */
		{"2026-10-12", "2026-10-09", 1, RECEIPT_DAY_TOO_EARLY},
		{"2026-03-04", "2025-12-31", 30, RECEIPT_DAY_TOO_EARLY}, /* a day of which the calendar knows nothing */
	};
	struct zone *zone = NULL;
	struct calendar *c = holidays(&zone);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum receipt_day_fault got = receipt_day_check(c, day_of(cases[i].today), day_of(cases[i].day), cases[i].back);
		if (got != cases[i].fault) {
			fail_msg("on %s, %s with %d back: %d", cases[i].today, cases[i].day, cases[i].back, got);
		}
	}
	assert_int_equal(receipt_day_earliest(c, day_of("2026-10-08"), 1), day_of("2026-09-30"));
	assert_int_equal(receipt_day_earliest(c, day_of("2026-03-09"), 0), day_of("2026-03-09"));
	assert_int_equal(receipt_day_earliest(c, day_of("2026-03-08"), 0), day_of("2026-03-06"));
	calendar_free(c);
	zone_free(zone);
}

static void numbers_of_forms_are_read_as_people_type_them_and_mistakes_are_found(void **state)
{
	struct form_number n = {.office = form_number_office(INT64_C(123456789012345)), .serial = 42}, back;
	char text[FORM_NUMBER_CHARS + 1], typed[64];
	(void)state;
	form_number_format(&n, text);
	assert_int_equal(strlen(text), FORM_NUMBER_CHARS);
	assert_true(form_number_parse(str_of(text), &back));
	assert_int_equal(back.office, n.office);
	assert_int_equal(back.serial, 42);
	/* As a scanner and a hurried person write it. */
	size_t k = 0;
	for (size_t i = 0; text[i]; i++) {
		if (text[i] != '-') {
			typed[k++] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
		}
	}
	typed[k] = '\0';
	assert_true(form_number_parse(str_of(typed), &back));
	assert_true(form_number_is_meant(str_of(text)));
	assert_false(form_number_is_meant(STR("https://example.org/r/00")));
	/* Each single wrong character, each swap of two neighbours. */
	for (size_t i = 2; text[i]; i++) {
		char wrong[FORM_NUMBER_CHARS + 1];
		if (text[i] == '-') {
			continue;
		}
		memcpy(wrong, text, sizeof wrong);
		wrong[i] = text[i] == '7' ? '8' : '7';
		assert_false(form_number_parse(str_of(wrong), &back));
		memcpy(wrong, text, sizeof wrong);
		if (text[i + 1] && text[i + 1] != '-' && text[i + 1] != text[i]) {
			wrong[i] = text[i + 1];
			wrong[i + 1] = text[i];
			assert_false(form_number_parse(str_of(wrong), &back));
		}
	}
	assert_false(form_number_parse(STR(""), &back));
	assert_false(form_number_parse(STR("F-"), &back));
	assert_false(form_number_parse(STR("PL-2026-048176-71"), &back));
}

/* --- What the case keeps ----------------------------------------------------------------------------------------- */

static const struct intake *taken_in(struct world *w, int64_t party, int64_t received_us)
{
	static struct intake_paper papers[] = {{STR_INIT("lease"), PAPER_ORIGINAL}, {STR_INIT("rules"), PAPER_MISSING}};
	static struct intake in;
	in = (struct intake){.party = party,
	                     .channel = CHANNEL_POST,
	                     .institution = w->institution->id,
	                     .taken_by = OFFICIAL,
	                     .official = STR("Jonas Adeyemi"),
	                     .received_us = received_us,
	                     .proof = PROOF_STAMP,
	                     .form = STR_EMPTY,
	                     .papers = papers,
	                     .paper_n = 2,
	                     .note = STR("Speaks Portuguese.")};
	return &in;
}

static struct case_at begun(struct world *w, const struct intake *in)
{
	struct draft_begin begin = {.party = in->party,
	                            .id = id_in_time(NOW_US),
	                            .begun_by = OFFICIAL,
	                            .keep_us = US_PER_DAY,
	                            .service = w->service->id,
	                            .intake = in};
	memcpy(begin.definition, w->service->digest, SHA256_BYTES);
	struct store_op op = {.route = in->party};
	world_ok(w, store_write(w->app.store, &op, draft_job_begin, &begin, &w->e));
	return (struct case_at){.party = in->party, .id = begin.id, .draft_version = 1};
}

struct look {
	const struct case_at *at;
	struct draft draft;
	struct intake intake;
	bool found;
	struct event_list events;
};

static bool job_look(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return draft_get(tx, l->at->party, l->at->id, &l->draft, e) &&
	       intake_of(tx, l->at->party, l->at->id, &l->intake, &l->found, e) &&
	       event_list_of_case(tx, l->at->party, l->at->id, &l->events, e);
}

static struct look look_at(struct world *w, const struct case_at *at)
{
	struct look l = {.at = at};
	world_ok(w, store_read(w->app.store, at->party, &w->arena, job_look, &l, &w->e));
	return l;
}

static void a_case_taken_in_counts_from_the_day_of_receipt_and_its_event_says_both(void **state)
{
	struct world *w = *state;
	const struct zone *zone = calendar_zone(w->institution->calendar);
	day_number today = zone_local(zone, NOW_US).day;
	int64_t received = zone_instant_us(zone, today - 3, 12 * 3600);
	const struct intake *in = taken_in(w, id_random(), received);
	struct case_at at = begun(w, in);
	struct casefile_insert_in row;
	struct case_submit submit;
	struct case_birth birth = {.party = at.party,
	                           .id = at.id,
	                           .submitted_by = OFFICIAL,
	                           .answers = STR("{}"),
	                           .applicant = STR("Ada"),
	                           .intake = in};
	world_ok(w, case_birth_of(&w->app, w->service, &birth, &w->e));
	world_ok(w, case_birth_number(&w->app, &w->arena, &birth, &w->e));
	world_ok(w, case_birth_fill(&w->app, &w->arena, &birth, NOW_US, &row, &submit, &w->e));
	submit.draft_version = 1;
	struct store_op op = {.route = at.party};
	world_ok(w, store_write(w->app.store, &op, case_submit_job, &submit, &w->e));
	struct casefile_get_out c = see(w, &at);
	assert_int_equal(c.channel, CHANNEL_POST);
	assert_true(c.received_at == received && c.submitted_at == NOW_US);
	assert_int_equal(c.intake_by, OFFICIAL);
	assert_int_equal(c.start_day, today - 3);
	struct look l = look_at(w, &at);
	assert_true(l.found);
	assert_int_equal(l.intake.paper_n, 2);
	assert_int_equal(l.intake.papers[1].state, PAPER_MISSING);
	assert_int_equal(l.events.n, 1);
	assert_true(l.events.items[0].effective_us == received);
	assert_true(l.events.items[0].effective_us < l.events.items[0].recorded_us);
	assert_true(str_find(l.events.items[0].public_payload, STR("\"channel\":4")) != SIZE_MAX);
	assert_true(str_find(l.events.items[0].public_payload, STR("\"confirmed\":false")) != SIZE_MAX);
}

/* The rule about the day is the intake's; what comes after the present is never the case's. */
static void a_time_still_to_come_starts_no_clock(void **state)
{
	struct world *w = *state;
	const struct intake *in = taken_in(w, id_random(), NOW_US + US_PER_DAY);
	struct casefile_insert_in row;
	struct case_submit submit;
	struct case_birth birth = {
		.party = in->party, .id = id_in_time(NOW_US), .answers = STR("{}"), .applicant = STR("Ada"), .intake = in};
	world_ok(w, case_birth_of(&w->app, w->service, &birth, &w->e));
	world_ok(w, case_birth_number(&w->app, &w->arena, &birth, &w->e));
	world_ok(w, case_birth_fill(&w->app, &w->arena, &birth, NOW_US, &row, &submit, &w->e));
	assert_true(row.received_at == NOW_US);
}

static void the_applicant_confirms_what_is_there_and_a_change_takes_it_away(void **state)
{
	struct world *w = *state;
	const struct intake *in = taken_in(w, id_random(), NOW_US);
	struct case_at at = begun(w, in);
	struct intake_confirming confirm = {.party = at.party, .draft = at.id, .version = 1};
	struct store_op op = {.route = at.party};
	world_ok(w, store_write(w->app.store, &op, intake_job_confirm, &confirm, &w->e));
	struct look l = look_at(w, &at);
	assert_int_equal(l.intake.confirmed_version, l.draft.version);
	/* Read from an older page: refused, and what was confirmed stays. */
	assert_false(store_write(w->app.store, &op, intake_job_confirm, &confirm, &w->e));
	assert_int_equal(w->e.code, ERR_CONFLICT);
	struct intake_papers papers = {
		.party = at.party, .draft = at.id, .papers_json = STR("{\"lease\":2}"), .note = STR_EMPTY};
	world_ok(w, store_write(w->app.store, &op, intake_job_papers, &papers, &w->e));
	l = look_at(w, &at);
	assert_true(l.intake.confirmed_version != l.draft.version);
	assert_int_equal(l.intake.papers[0].state, PAPER_COPY);
	/* Thrown away, nothing of it is left; and nothing is confirmed any more. */
	struct draft_save gone = {.party = at.party, .id = at.id};
	world_ok(w, store_write(w->app.store, &op, draft_job_discard, &gone, &w->e));
	confirm.version = l.draft.version;
	assert_false(store_write(w->app.store, &op, intake_job_confirm, &confirm, &w->e));
}

static void a_paper_that_was_seen_or_is_missing_need_not_be_uploaded_but_the_scan_that_shows_the_day_must(void **state)
{
	struct world *w = *state;
	struct intake in = *taken_in(w, 1, NOW_US);
	struct file_list files = {0};
	struct answers none = {0};
	struct str *open = NULL;
	size_t before = answers_check(&w->arena, w->service, &none, &files, 20000, &open);
	static struct intake_paper all[16];
	size_t uploads = 0;
	for (size_t i = 0; i < w->service->evidence_n; i++) {
		if (w->service->evidence[i].source == EVIDENCE_UPLOAD) {
			all[uploads++] = (struct intake_paper){w->service->evidence[i].id, PAPER_ORIGINAL};
		}
	}
	in.papers = all;
	in.paper_n = uploads;
	intake_fill_seen(&w->arena, &in, &files);
	size_t after = answers_check(&w->arena, w->service, &none, &files, 20000, &open);
	assert_true(uploads > 0 && after < before);
	in.proof = PROOF_SCAN;
	intake_fill_seen(&w->arena, &in, &files);
	assert_int_equal(answers_check(&w->arena, w->service, &none, &files, 20000, &open), after + 1);
	assert_str(open[after], INTAKE_SCAN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_day_of_receipt_counts_working_days_back_over_weekends_and_holidays),
		cmocka_unit_test(numbers_of_forms_are_read_as_people_type_them_and_mistakes_are_found),
		T(a_case_taken_in_counts_from_the_day_of_receipt_and_its_event_says_both),
		T(a_time_still_to_come_starts_no_clock),
		T(the_applicant_confirms_what_is_there_and_a_change_takes_it_away),
		T(a_paper_that_was_seen_or_is_missing_need_not_be_uploaded_but_the_scan_that_shows_the_day_must),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
